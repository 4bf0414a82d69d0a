import { ALLOWED } from "./allowed.ts";
import { CHECKED } from "./checked.ts";
import { ABSENT, REFUSED } from "./refused.ts";
import { allow, ask, type SeccompRule } from "./rule.ts";

export type { ArgCondition, SeccompAction, SeccompRule } from "./rule.ts";

/**
 * The worker's seccomp policy: everything that CPython, its standard library and the usual numeric packages call, and a
 * reason for the rest. It names every system call of both tables, so that ENOSYS by default is left for those to come.
 *
 * `exec` lets programs start; without it the keeper is asked, which refuses and says so in the result. Rules put in front
 * of these win.
 */
export function workerRules(options: { readonly exec: boolean }): readonly SeccompRule[] {
  const start = options.exec ? allow : ask;
  return [
    start(
      "execve execveat",
      options.exec ? "the policy grants programs" : "a program: the keeper refuses and records it",
    ),
    ask("socket", "the keeper refuses it and records which family was asked for"),
    ask(
      "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal",
      "a signal: the keeper sees to it that it stays within the cell's own processes",
    ),
    ...CHECKED,
    ...ALLOWED,
    ...REFUSED,
    ...ABSENT,
  ];
}
