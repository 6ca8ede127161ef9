import type { ModelFormat } from '../format.ts';
import { weightsNetwork } from '../weights/network.ts';
import { looksLikeZip, openZip } from '../zip/archive.ts';
import { looksLikeLegacy, readLegacyCheckpoint } from './legacy-checkpoint.ts';
import { checkpointFolder, readZipCheckpoint } from './zip-checkpoint.ts';

/** What `torch.save` writes since 1.6, and what `torch.jit.save` does: weights, of a network that is code elsewhere. */
export const torchCheckpoint: ModelFormat = {
  name: 'pytorch',
  recognises: (head, source) => looksLikeZip(head) && checkpointFolder(openZip(source)) !== undefined,
  read({ source }) {
    const { tensors, notes, kind } = readZipCheckpoint(source);
    return weightsNetwork({ format: kind, file: source.name, tensors, notes });
  },
};

const policy = 'policy.pth';

/** What `PPO.save` and its like of Stable-Baselines3 write: an archive in which the networks of the agent are a state dict of their own. */
export const agentArchive: ModelFormat = {
  name: 'pytorch',
  recognises: (head, source) => looksLikeZip(head) && openZip(source).entries.has(policy),
  read({ source }) {
    const entry = openZip(source).entries.get(policy)!;
    const { tensors, notes } = readZipCheckpoint({ ...entry, name: source.name });
    const where = `The weights are those of ${policy} in ${source.name}: all networks of the agent.`;
    return weightsNetwork({ format: 'pytorch', file: source.name, tensors, notes: [where, ...notes] });
  },
};

/** What `torch.save` wrote before, and still does when asked to. */
export const legacyTorchCheckpoint: ModelFormat = {
  name: 'pytorch',
  recognises: (head) => looksLikeLegacy(head),
  read({ source }) {
    const { tensors, notes } = readLegacyCheckpoint(source);
    return weightsNetwork({ format: 'pytorch', file: source.name, tensors, notes });
  },
};
