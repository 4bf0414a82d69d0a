import { ALLOWED } from "./allowed.ts";
import { CHECKED } from "./checked.ts";
import { ABSENT, REFUSED } from "./refused.ts";
import { allow, ask, refuse, type SeccompRule } from "./rule.ts";

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
    STACK_A_FILTER,
    ...CHECKED,
    ...ALLOWED,
    ...REFUSED,
    ...ABSENT,
  ];
}

/** `SECCOMP_SET_MODE_FILTER` without flags, so without a listener. */
const STACK_A_FILTER: SeccompRule = {
  ...allow("seccomp", "one more filter can only take away; the worker seals itself with one"),
  when: [
    { arg: 0, op: "eq", value: 1 },
    { arg: 1, op: "eq", value: 0 },
  ],
};

/**
 * What a worker that starts no processes gives up besides, in a second filter that allows everything else: loaded once
 * the first one's listener has been sent, which is the last descriptor that it has to send.
 */
export function sealRules(): readonly SeccompRule[] {
  return [
    refuse(
      "sendmsg sendmmsg",
      "descriptors left in flight are counted for the host's user, and would keep other sessions from starting",
    ),
    refuse("seccomp", "nothing is to be stacked after this"),
  ];
}
