import { fillLimits, LIMIT_NAMES } from "./limits.ts";
import type { ResolvedPolicy } from "./merge.ts";
import type { Operation, Plan } from "./plan.ts";
import { PERMISSION_NAMES } from "./schema.ts";

/**
 * Compiles a resolved policy to its plan: one operation for each thing allowed or denied, then every limit with its
 * default filled in, then the isolation floor. Pure: paths became absolute when the policy was resolved, and what a
 * path or a token such as `@stdlib` means on a machine is the backend's to find out.
 *
 * `ffi` is the one permission that the kernel cannot see, since loading a library looks like loading any C extension.
 * So without it the plan denies the modules that Python loads libraries with.
 */
export function compilePolicy(policy: ResolvedPolicy): Plan {
  const grants = PERMISSION_NAMES.flatMap((op): Operation[] => {
    const { allow, deny } = policy.permissions[op];
    return [
      ...allow.map(({ target }): Operation => ({ op, effect: "allow", target })),
      ...deny.map(({ target }): Operation => ({ op, effect: "deny", target })),
    ];
  });
  const limits = fillLimits(policy.limits);
  return {
    policy: policy.name,
    operations: [
      ...grants,
      ...foreignModules(policy).map((target): Operation => ({ op: "import", effect: "deny", target })),
      ...LIMIT_NAMES.map((name): Operation => ({ op: "limit", name, value: limits[name] })),
      { op: "floor", tier: policy.isolation },
    ],
  };
}

/** The import patterns that a policy without `ffi` denies besides its own: the ways to call a native library. */
export function foreignModules({ permissions }: ResolvedPolicy): string[] {
  const { allow, deny } = permissions.ffi;
  if (allow.length > 0 && !deny.some(({ target }) => target === "*")) return [];
  const denied = new Set(permissions.import.deny.map(({ target }) => target));
  return ["ctypes", "_ctypes", "cffi", "_cffi_backend"].filter((module) => !denied.has(module));
}
