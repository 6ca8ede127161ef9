/** What a thread that was hired says to who hired it: that it has begun, and then one answer to every task. */
export type FromThread<Result> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly message: string };
