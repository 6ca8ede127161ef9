import { looksLikeText } from '../looks-like.ts';

const number = 0;
const delimited = 2;

/** Fields of ModelProto and how each is written. */
const fields: ReadonlyMap<number, typeof number | typeof delimited> = new Map([
  [1, number], // ir_version
  [2, delimited], // producer_name
  [3, delimited], // producer_version
  [4, delimited], // domain
  [5, number], // model_version
  [6, delimited], // doc_string
  [7, delimited], // graph
  [8, delimited], // opset_import
  [14, delimited], // metadata_props
  [20, delimited], // training_info
  [25, delimited], // functions
  [26, delimited], // configuration
]);

/** The graph, texts, functions may be long; a name longer than the head is the meta graph of a TensorFlow SavedModel. */
const neverLong = new Set([2, 3, 4, 8]);

const evidence = new Set([1, 7, 8]);

/** ONNX has no magic number: its first fields must be those of a ModelProto, written as those are. */
export function looksLikeModelProto(head: Uint8Array, size: number): boolean {
  if (looksLikeText(head)) return false;
  let at = 0;
  let convinced = false;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < head.length && scale < 2 ** 70; scale *= 128) {
      const byte = head[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return at < head.length ? Number.POSITIVE_INFINITY : value;
  };
  while (at < head.length) {
    const tag = varint();
    // A tag that goes on where the head ends says nothing.
    if (head[at - 1]! >= 0x80) break;
    const field = Math.floor(tag / 8);
    if (fields.get(field) !== tag % 8) return false;
    if (evidence.has(field)) convinced = true;
    const value = varint();
    if (fields.get(field) === number) continue;
    if (value > head.length && neverLong.has(field) && head.length < size) return false;
    at += value;
  }
  return convinced;
}
