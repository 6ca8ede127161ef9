import { UserError } from '../sentence.ts';
import type { ByteSource } from './format.ts';
import { hexadecimal } from './wording.ts';

/** What a file that no format recognises is, as far as its bytes tell. */
interface Lookalike {
  readonly matches: (head: Uint8Array, size: number) => boolean;
  /** Continues the sentence "model.bin ...". */
  readonly says: string;
}

const exportFirst = 'is not read yet: export the model to ONNX (torch.onnx.export, tf2onnx) and inspect that file';

const lookalikes: readonly Lookalike[] = [
  { matches: (_, size) => size === 0, says: 'is empty: it was not written or copied completely' },
  {
    matches: (head) => startsWith(head, 'version https://git-lfs.github.com/spec/'),
    says: 'is only a Git LFS pointer to the model: fetch the model itself with "git lfs pull"',
  },
  {
    matches: (head) => startsWith(head, 'PK\x03\x04'),
    says: 'is a zip archive, but holds no model: neither the data.pkl or models/model.json of PyTorch nor anything else that is read',
  },
  {
    matches: (head) => isPickle(head),
    says: 'is a Python pickle, but not one that torch.save wrote, so it is not read: save model.state_dict() with torch.save',
  },
  { matches: (head) => startsWith(head, '\x93NUMPY'), says: 'is a NumPy array, not a model' },
  { matches: (head) => startsWith(head, '\x1f\x8b'), says: 'is compressed with gzip: unpack it first' },
  { matches: (head) => startsWith(head, 'GGUF'), says: 'is a GGUF file of llama.cpp, which is not read' },
  { matches: (head) => startsWith(head.subarray(4), 'TFL3'), says: `is a TensorFlow Lite model; it ${exportFirst}` },
  {
    matches: (head) => startsWith(head.subarray(4), 'ORTM'),
    says: 'is in the format of ONNX Runtime (.ort), which is not read: inspect the .onnx file it was made from',
  },
  { matches: (head) => isJson(head), says: 'is JSON text, not a model' },
  { matches: (head) => looksLikeText(head), says: 'is text, not a model' },
];

export function unknownFormat(source: ByteSource, head: Uint8Array): UserError {
  const found = lookalikes.find(({ matches }) => matches(head, source.size));
  if (found) return new UserError(`${source.name} ${found.says}.`);
  return new UserError(
    `${source.name} is in no format that can be read (ONNX, PyTorch, safetensors, Keras, TensorFlow.js); it begins with the bytes ${hexadecimal(head.subarray(0, 8))}.`,
  );
}

/** Text has no control characters but line ends, tabs and form feeds; every binary model has some in its first bytes. */
export const looksLikeText = (head: Uint8Array): boolean =>
  head.length > 0 && head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));

const isJson = (head: Uint8Array): boolean => looksLikeText(head) && /^\s*[{[]/u.test(new TextDecoder().decode(head));

const isPickle = (head: Uint8Array): boolean =>
  head[0] === 0x80 && head[1] !== undefined && head[1] >= 2 && head[1] <= 5;

const startsWith = (head: Uint8Array, magic: string): boolean =>
  head.length >= magic.length && Array.from(magic).every((letter, i) => head[i] === letter.charCodeAt(0));
