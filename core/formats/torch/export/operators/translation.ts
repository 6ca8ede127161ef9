import type { Builder } from '../builder.ts';

/** How one operator of ATen is written in those of ONNX. A new one is one entry in the table of its family. */
export type Translation = (builder: Builder) => void;
export type Translations = Readonly<Record<string, Translation>>;
