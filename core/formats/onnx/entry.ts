import type { ProtobufReader } from './wire.ts';

/** A StringStringEntryProto: one key and its value. */
export function readEntry(message: ProtobufReader, into: Map<string, string>): void {
  let key = '';
  let value = '';
  while (message.next()) {
    if (message.field === 1) key = message.text();
    else if (message.field === 2) value = message.text();
  }
  into.set(key, value);
}
