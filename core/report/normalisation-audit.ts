import { digits, percent } from './digits.ts';
import type { LayerEntry } from './inspection.ts';

/**
 * Does spectral normalisation hold what it promises? While a network trains, every weight is divided by what is taken for its
 * norm: the largest singular value of a dense weight, of a kernel written as a matrix (Miyato et al. 2018, as PyTorch does it), or
 * of the convolution itself (Gouk et al. 2021), each by a few steps of the power iteration, which ends below the truth. The file
 * mostly does not tell that this was done; that several layers share one constant does.
 */
export function normalisationNotes(layers: readonly LayerEntry[]): readonly string[] {
  const learnable = layers.filter(({ kind, parameters }) => (kind === 'dense' || kind === 'conv') && parameters > 0);
  const target = sharedConstant(learnable);
  if (target === undefined) return [];
  const carrying = learnable.filter(
    (layer) => isNamedSo(layer) || measuredAs(layer).some((value) => isNear(value, target)),
  );
  const others = learnable.filter((layer) => !carrying.includes(layer));
  const verdicts = carrying.flatMap((layer) => verdictOf(layer, target) ?? []);
  return [
    held(verdicts, target),
    broken(verdicts, target),
    unsettled(verdicts, target),
    without(others, target),
  ].filter((sentence) => sentence !== undefined);
}

/** Power iterations of training end this far below the norm and float32 rounds: no reproach. */
const tolerance = 0.01;

interface Verdict {
  readonly layer: LayerEntry;
  readonly lower: number;
  readonly upper: number;
  readonly kind: 'held' | 'broken' | 'unsettled';
}

function verdictOf(layer: LayerEntry, target: number): Verdict | undefined {
  const truth = layer.norms.l2;
  if (truth?.upper == null) return undefined;
  const { lower, upper } = truth;
  const most = target * (1 + tolerance);
  return { layer, lower, upper, kind: upper <= most ? 'held' : lower > most ? 'broken' : 'unsettled' };
}

/** Everything that a normaliser may have taken for the norm of this layer. */
function measuredAs({ norms: { l2 }, kernelNorm }: LayerEntry): readonly number[] {
  const own = l2?.upper == null || l2.upper > 1.02 * l2.lower ? [] : [(l2.lower + l2.upper) / 2];
  return kernelNorm === undefined ? own : [...own, kernelNorm];
}

const isNear = (value: number, target: number): boolean => Math.abs(value - target) <= tolerance * target;

const nameOfNormaliser = /spectral|parametri[sz]ations?[._]|weight_(?:orig|bar)|(?:^|[._/])sn(?:[._\d]|$)/i;

const isNamedSo = ({ id, name, hints }: LayerEntry): boolean =>
  [id, name, hints?.stateName, hints?.className].some((text) => text !== undefined && nameOfNormaliser.test(text));

/**
 * The constant that the layers were normalised to. One: where a third of the layers, and two at least, come so close to it, they do
 * not by chance, nor does one with a telling name. Any other: at least half of the layers have to share it.
 */
function sharedConstant(learnable: readonly LayerEntry[]): number | undefined {
  const atOne = learnable.filter((layer) => measuredAs(layer).some((value) => isNear(value, 1)));
  if (atOne.length >= Math.max(2, learnable.length / 3) || learnable.some(isNamedSo)) return 1;
  const values = learnable
    .flatMap((layer) => measuredAs(layer).map((value) => ({ layer, value })))
    .filter(({ value }) => value > 0)
    .toSorted((a, b) => a.value - b.value);
  for (const { value } of values) {
    const sharing = new Set(values.filter((other) => isNear(other.value, value)).map(({ layer }) => layer));
    if (sharing.size >= Math.max(2, learnable.length / 2)) return value;
  }
  return undefined;
}

const layersWord = (count: number): string => (count === 1 ? '1 layer' : `${count} layers`);

const ofKind = (verdicts: readonly Verdict[], kind: Verdict['kind']): readonly Verdict[] =>
  verdicts.filter((verdict) => verdict.kind === kind);

function held(verdicts: readonly Verdict[], target: number): string | undefined {
  const good = ofKind(verdicts, 'held');
  if (good.length === 0) return undefined;
  const excess = Math.max(...good.map(({ upper }) => upper / target - 1));
  const most = excess > 0 ? `the largest norm is ${percent(excess)} above it` : 'none is above it';
  return `Spectral normalisation at ${digits(target, 'nearest')} holds for ${layersWord(good.length)}: ${most}.`;
}

function broken(verdicts: readonly Verdict[], target: number): string | undefined {
  const bad = ofKind(verdicts, 'broken').toSorted((a, b) => b.lower - a.lower);
  const [worst] = bad;
  if (worst === undefined) return undefined;
  const reason =
    worst.layer.kernelNorm !== undefined && isNear(worst.layer.kernelNorm, target)
      ? `, because it was applied to the kernel as a matrix, whose norm is ${digits(worst.layer.kernelNorm, 'nearest')}`
      : '';
  return `Spectral normalisation at ${digits(target, 'nearest')} does not hold for ${layersWord(bad.length)}: ${worst.layer.name} stretches by at least ${digits(worst.lower, 'down')}, ${percent(worst.lower / target - 1)} more${reason}.`;
}

function unsettled(verdicts: readonly Verdict[], target: number): string | undefined {
  const open = ofKind(verdicts, 'unsettled').toSorted((a, b) => b.upper - a.upper);
  const [widest] = open;
  return widest === undefined
    ? undefined
    : `Whether spectral normalisation at ${digits(target, 'nearest')} holds is open for ${layersWord(open.length)}: ${widest.layer.name} stretches by ${digits(widest.lower, 'down')} to ${digits(widest.upper, 'up')}.`;
}

function without(others: readonly LayerEntry[], target: number): string | undefined {
  const larger = others.flatMap(({ name, norms: { l2 } }) =>
    l2?.upper == null || l2.upper <= target ? [] : [`${name} (at most ${digits(l2.upper, 'up')})`],
  );
  if (larger.length === 0) return undefined;
  const named = larger.slice(0, 3).join(', ');
  return `Without spectral normalisation, and above it: ${named}${larger.length > 3 ? ` and ${larger.length - 3} more` : ''}.`;
}
