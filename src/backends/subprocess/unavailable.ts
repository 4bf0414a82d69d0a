import { UnavailableError } from "../../errors.ts";

/** What the zygote found out about this host before it gave up. */
export type Facts = {
  readonly landlock?: number;
  readonly uid?: number;
  readonly apparmorRestrictsUserns?: number;
  readonly usernsClone?: number;
  readonly maxUserNamespaces?: number;
};

/** The error for a host on which the jail cannot be built: what is missing, and what would help. */
export function explainUnavailable(reason: string, facts: Facts): UnavailableError {
  return new UnavailableError(`subprocess backend: this host cannot isolate a session: ${reason}`, {
    hint: hintFor(reason, facts),
  });
}

const hintFor = (reason: string, facts: Facts): string | undefined => {
  if (reason.startsWith("Python")) return "name a newer one with --python or { python }";
  if (reason.startsWith("Landlock") || facts.landlock === 0) {
    return "Landlock needs Linux 5.13 or later with `landlock` in the kernel's list of security modules (lsm=landlock,...); inside a container its seccomp profile must let the landlock_* calls through";
  }
  if (facts.apparmorRestrictsUserns) {
    return "AppArmor restricts unprivileged user namespaces here: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with `userns,` for this Python";
  }
  if (facts.usernsClone === 0) return "sysctl kernel.unprivileged_userns_clone=1";
  if (facts.maxUserNamespaces === 0) return "sysctl user.max_user_namespaces=65536";
  if (reason.startsWith("unshare")) {
    return "user namespaces are refused, as in a default Docker container or Kubernetes pod: allow the unshare and mount calls in its seccomp profile, or run vivarium on the host";
  }
  return undefined;
};
