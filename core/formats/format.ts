import type { Network } from '../network/network.ts';

/** Random access to the bytes of a file (or of a buffer in tests). Nothing is read before somebody asks. */
export interface ByteSource {
  /** For messages: the file's name. */
  readonly name: string;
  readonly size: number;
  /**
   * Throws a UserError when the range does not lie within the source. The bytes are the caller's own; they may lie in the `room` of a
   * caller who is done with them before it reads again.
   */
  read(offset: number, length: number, room?: Uint8Array): Uint8Array;
}

/** A model file on its way to becoming a Network. */
export interface ModelFile {
  readonly source: ByteSource;
  /** Opens a file that the model refers to (external weights), which must lie within the model's own folder. */
  companion(relativePath: string): ByteSource;
}

/** One file format. A new one is a new folder with this object and a line in `index.ts`. */
export interface ModelFormat {
  readonly name: string;
  /**
   * Looks at bytes only; file names lie. `head` is the first kilobyte or so; an archive that several formats use may be opened to see
   * what it holds.
   */
  recognises(head: Uint8Array, source: ByteSource): boolean;
  /** Throws a UserError, one sentence naming file and place, for anything that is wrong with the file. */
  read(file: ModelFile): Network;
}
