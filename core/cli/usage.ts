/** Wrong usage: one sentence on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What a command ended with; numbers other programs rely on. */
export const exitCodes = { done: 0, exceeded: 1, usage: 2, unreadable: 3, internal: 4, cancelled: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
