import type { ModelFormat } from '../../format.ts';
import { looksLikeZip, openZip } from '../../zip/archive.ts';
import { holdsExport, readExportArchive } from './archive.ts';
import { networkOf } from './network.ts';
import { readProgram } from './program.ts';

/** What `torch.export.save` writes: the graph in JSON, with its weights beside it. */
export const torchExport: ModelFormat = {
  name: 'pt2',
  recognises: (head, source) => looksLikeZip(head) && holdsExport(openZip(source)),
  read({ source }) {
    const { program, tensors } = readExportArchive(openZip(source));
    return networkOf(readProgram(program, source.name), tensors, source.name);
  },
};
