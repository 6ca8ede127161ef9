import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { Cancelled } from '../compute/work.ts';
import { UserError } from '../sentence.ts';
import type {
  Answer,
  CallArgument,
  CallName,
  CallResult,
  Failure,
  NotificationName,
  WorkerNotifications,
} from './protocol.ts';

export interface CallContext {
  readonly signal: AbortSignal;
  readonly notify: <N extends NotificationName>(name: N, payload: WorkerNotifications[N]) => void;
}

/** What answers the calls: one function for each member of WorkerCalls, no more and no fewer. */
export type CallHandlers = {
  readonly [K in CallName]: (argument: CallArgument<K>, context: CallContext) => CallResult<K> | Promise<CallResult<K>>;
};

/** Makes this process a worker: it answers its parent's calls with `handlers` until the parent goes away. */
export function serve(handlers: CallHandlers): void {
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  for (const name of Object.keys(handlers) as CallName[]) answerCall(connection, name, handlers[name]);
  // Also when the parent was killed: a worker never outlives who started it.
  process.on('disconnect', () => process.exit(0));
  connection.listen();
}

function answerCall<K extends CallName>(connection: MessageConnection, name: K, handler: CallHandlers[K]): void {
  connection.onRequest(
    name,
    async (argument: CallArgument<K>, token: CancellationToken): Promise<Answer<CallResult<K>>> => {
      const abort = new AbortController();
      if (token.isCancellationRequested) abort.abort();
      const cancellation = token.onCancellationRequested(() => abort.abort());
      const notify: CallContext['notify'] = (type, payload) => void connection.sendNotification(type, payload);
      const stopReporting = reportMemory(notify);
      try {
        return { ok: await handler(argument, { signal: abort.signal, notify }) };
      } catch (error) {
        return { err: failureOf(error, abort.signal) };
      } finally {
        stopReporting();
        cancellation.dispose();
      }
    },
  );
}

function failureOf(error: unknown, signal: AbortSignal): Failure {
  // Whatever a computation throws after it was told to stop, it threw because of that.
  if (error instanceof Cancelled || signal.aborted) return { kind: 'cancelled' };
  if (error instanceof UserError) return { kind: 'user', message: error.message };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'internal', message, stack: stack ?? '' };
}

/** On Linux the parent reads /proc, which also works while native code holds this process's event loop. */
function reportMemory(notify: CallContext['notify']): () => void {
  if (process.platform === 'linux') return () => undefined;
  const timer = setInterval(() => notify('memory', { residentBytes: process.memoryUsage.rss() }), 250);
  return () => clearInterval(timer);
}
