import { ProgressLocation, window } from 'vscode';

/** Runs with a notification that says what is going on and can be cancelled. */
export async function withCancelButton<T>(title: string, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    async (_, cancellation) => {
      const abort = new AbortController();
      const listener = cancellation.onCancellationRequested(() => abort.abort());
      try {
        return await run(abort.signal);
      } finally {
        listener.dispose();
      }
    },
  );
}
