/**
 * A mistake that the user can understand and act on: one sentence that says what was wrong, where, and what to do.
 * Everything else that is thrown is a fault of ours.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** A mistake in the question (a region, a point, the name of an input), not in the model. */
export class RequestError extends UserError {
  override readonly name = 'RequestError';
}

/** More than anybody's memory or patience: nothing of such a model is run, for what ends the analysis would end the run as well. */
export class TooLargeError extends UserError {
  override readonly name = 'TooLargeError';
}
