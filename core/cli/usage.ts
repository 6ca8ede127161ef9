/** Wrong usage: one sentence on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** For what should never happen. */
export function faultSentence(error: unknown): string {
  const message = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  return `This is a fault of Lipschitz Inspector, please report it: ${message}`;
}

/** What a command ended with; numbers other programs rely on. */
export const exitCodes = { done: 0, exceeded: 1, usage: 2, unreadable: 3, internal: 4, cancelled: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
