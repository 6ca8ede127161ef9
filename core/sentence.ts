/**
 * A mistake that the user can understand and act on: one sentence that says what was wrong, where, and what to do.
 * Everything else that is thrown is a fault of ours.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
