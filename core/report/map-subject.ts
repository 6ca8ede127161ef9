import type { ModelSummary } from './inspection.ts';

/** What a map is of, in captions: the model, and up to where it is looked at, if that is not its first output. */
export const mapSubject = ({ file, outputs, output }: ModelSummary): string =>
  output === outputs[0]?.name ? file : `${file} up to ${output}`;
