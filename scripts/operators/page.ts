import { norms } from '../../core/bound.ts';
import { differentiable } from '../../core/derivatives/differentiable.ts';
import { jvp } from '../../core/derivatives/jvp.ts';
import { vjp } from '../../core/derivatives/vjp.ts';
import { families } from '../../core/formats/tensorflow-ops/index.ts';
import { reasons } from '../../core/formats/tensorflow-ops/refused.ts';
import { higherOrder } from '../../core/formats/torch/export/higher-order/rules.ts';
import { families as atenFamilies } from '../../core/formats/torch/export/operators/index.ts';
import { reasons as atenReasons } from '../../core/formats/torch/export/operators/refused.ts';
import type { Network, Node } from '../../core/network/network.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { composites } from '../../core/operators/composites/index.ts';
import type { LipschitzRule, Ranges } from '../../core/operators/definition.ts';
import { flat } from '../../core/operators/derivatives/derivative.ts';
import { derivativeOf } from '../../core/operators/derivatives/index.ts';
import { curvatureOf } from '../../core/operators/curvatures/index.ts';
import { factsOf } from '../../core/operators/facts.ts';
import { smoothingOf } from '../../core/operators/smoothings/index.ts';
import { exactly } from '../../core/operators/enclosure.ts';
import { operatorOf } from '../../core/operators/index.ts';
import type { LinearStructure } from '../../core/operators/linear-map.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { inferTypes } from '../../core/passes/infer-types.ts';
import { networkOf, specimenOf } from './specimens.ts';
import { random } from '../../core/passes/fold-constants.ts';
import { standardOperators } from './standard-operators.ts';

/** Operators that are understood although no operator file is about them. */
const elsewhere: Readonly<Record<string, string>> = {
  Constant: 'a constant of the model',
  If: 'the branch that is taken, where the condition does not depend on the input',
  Loop: 'unrolled, where the number of rounds does not depend on the input',
  Scan: 'unrolled',
};

/** docs/operators.md, from the operator files. */
export function operatorPage(): string {
  const names = Object.keys(standardOperators).sort();
  const rows = names.map(rowOf);
  const count = (state: Row['state']): number => rows.filter((row) => row.state === state).length;
  return `# Operators

<!-- Made by \`npm run operators\` from core/operators; test/operators/page.test.ts fails where it is stale. -->

Every file is read and written again whatever operators it holds; this page says what is known about each of those of the standard domain
(ONNX 1.23). Of ${names.length} operators ${count('rule')} have rules of their own, ${count('written out')} are written out in others before anything is computed, ${count('elsewhere')} are resolved while reading,
and ${count('constant')} are understood only where they do not depend on the input: then they are computed once, as everything is that does not. ${count('random')} draw at random.

- **since**: the operator sets that introduced or changed it. Sets 7 to the newest are read.
- **derivative**: both J v (forward) and J′ u (reverse) are written as graphs; *0* where the operator is constant between its jumps.
- **everywhere** and **on a region** tell the rule for one typical node: how much further apart than its inputs its outputs can be, in l1, l2 and linf. *Norm*: the operator
  is affine and its norm is computed, in all three norms. *Slopes*: it acts on every entry, with difference quotients in this interval, so all three norms agree.
  *Inputs of constant 1* says what several inputs together give. The region is [0.25, 0.75] for every entry unless stated. Figures that depend on sizes are those of the typical node (2 x 4 numbers for most).
- **range**: what it makes of a box: *by its map* (midpoint and radius, rounded outward) or *own* (a rule of its own).
- **smoothing**: for the same node, with kinks of width ν how far its smooth version moves at most (in l2, all entries together) and the Lipschitz constant L of its gradient ([smoothing](smoothing.md)); of one that is smooth
  already L alone; *linear* where nothing bends once the inputs are decided; – where nothing is known, so that a network with it has no L.

Dot-product attention written out in small operators (MatMul, a scale, a mask, Softmax, MatMul) is one node in the analysis, DotProductAttention: unbounded on the whole space unless
its inputs are bounded (behind a normalisation), bounded on a region as a whole. Attention by the distances of queries that are their own keys (L2 attention) is DistanceAttention, bounded everywhere. LayerNorm, RMSNorm, GELU, SiLU, Softplus, Mish and Softsign written out become their operators;
e^(-x²), √(x² + c), 1 / (x² + c) and log(x² + c) are functions of their own, and choices written by hand are activations where the straight lines they are made of meet exactly (\`x * (x > 0)\`, leaky slopes on both sides, limits inside limits).
Sorting within groups, in whatever operators, is MaxMin (pairs) or GroupSort: of constant 1 in every norm.

| operator | since | derivative | everywhere | on a region | range | smoothing |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map(({ cells }) => `| ${cells.join(' | ')} |`).join('\n')}

${exportTables()}
${graphModelTables()}`;
}

/** The operators of ATen that the reader of torch.export archives knows. */
function exportTables(): string {
  const known = Object.entries(atenFamilies).map(([family, translations]) => {
    const names = Object.keys(translations).map((name) => name.replace(/^aten\./u, ''));
    return `| ${family} | ${names.toSorted().join(', ')} |`;
  });
  const refused = atenReasons.map(({ ops, reason }) => `| ${ops.toSorted().join(', ')} | ${reason} |`);
  return `## PyTorch: operators of ATen

The program of a \`torch.export\` archive (\`.pt2\`) calls operators of ATen, those that eager modules are made of or the core set that \`run_decompositions()\` leaves. They are written in the operators above; a
call that writes into its first tensor (\`relu_\`) is what it writes, and other names of the same operator (\`absolute\`, \`special_expit\`, \`view_copy\`) are read as well. Every operator of the core set is in one of
the two tables (\`test/formats/torch/core-aten.test.ts\`). Axes, sizes and paddings must follow from the file and the sizes of the input.

| kind | operators |
| --- | --- |
${known.join('\n')}
| graphs inside a call | ${higherOrder.toSorted().join(', ')} |

\`wrap_...\`, checkpoints and called subgraphs are written out (\`torch.autocast\` where it is off); of \`cond\` the branch that is taken and of \`while_loop\` the rounds, where they follow from numbers of the file; \`scan\`, \`map\` and
\`associative_scan\` round by round, up to 30,000 calls. Where a branch or the number of rounds depends on the input, the call is named.

These are known and named as not understood; the layers beside them keep their norms, and the network has no upper end. So it is with every other operator, for which \`run_decompositions()\` before saving often helps.

| operators | why |
| --- | --- |
${refused.join('\n')}
`;
}

/** The operations of TensorFlow that the reader of graph models knows. */
function graphModelTables(): string {
  const known = Object.entries(families).map(([family, definitions]) => {
    const ops = definitions.flatMap((definition) => definition.ops).toSorted();
    return `| ${family} | ${ops.join(', ')} |`;
  });
  const refused = reasons.map(({ ops, reason }) => `| ${ops.toSorted().join(', ')} | ${reason} |`);
  return `## TensorFlow.js graph models

The graph of a \`model.json\` of the format graph-model lists operations of TensorFlow. They are written in the operators above, with TensorFlow's paddings (\`SAME\` with the odd
zero at the end, \`EXPLICIT\`), data formats (NHWC and NCHW) and broadcasting; what the converter fused (a bias, a function) is taken apart, and the three operations of a dilated convolution
(SpaceToBatchND, Conv2D or DepthwiseConv2dNative, BatchToSpaceND) become the one that they are. Axes, sizes and paddings must follow from the file and the sizes of the input.

| kind | operations |
| --- | --- |
| weights and inputs | Const, Placeholder |
${known.join('\n')}

These are known and named as not understood; the layers beside them keep their norms, and the network has no upper end. So it is with every other operation.

| operations | why |
| --- | --- |
${refused.join('\n')}
`;
}

interface Row {
  readonly state: 'rule' | 'written out' | 'elsewhere' | 'constant' | 'random';
  readonly cells: readonly string[];
}

function rowOf(op: string): Row {
  const since = standardOperators[op]?.join(', ') ?? '';
  const composite = composites.find(({ ops, domain }) => domain === undefined && ops.includes(op));
  if (operatorOf({ op, domain: '' }) !== undefined) {
    const written = composite === undefined ? '' : ' (some uses are written out first)';
    return { state: 'rule', cells: [`${op}${written}`, since, ...ruleCells(op)] };
  }
  if (composite !== undefined) {
    const text = `written out as ${composite.becomes.join(', ')}, whose rules hold`;
    return { state: 'written out', cells: [op, since, 'of these', text, 'of these', 'of these', 'of these'] };
  }
  const resolved = elsewhere[op];
  if (resolved !== undefined)
    return {
      state: 'elsewhere',
      cells: [op, since, 'of what it becomes', resolved, 'of these', 'of these', 'of these'],
    };
  const text = random.has(op) ? 'not understood: it draws at random' : 'only where it does not depend on the input';
  return { state: random.has(op) ? 'random' : 'constant', cells: [op, since, '', text, '', '', ''] };
}

function ruleCells(op: string): readonly string[] {
  const specimen = specimenOf(op);
  const network = inferTypes(networkOf(op, specimen));
  const node = network.nodes[0]!;
  const [low, high] = specimen.region ?? [0.25, 0.75];
  const ranges: Ranges = node.inputs.map((name) => {
    const type = network.types.get(name);
    if (type === undefined) return undefined;
    const ends = [low, high].map((end) => new Float64Array(elementCount(type.shape)).fill(end));
    return { ...exactly(type.shape, ends[0]!), upper: ends[1]! };
  });
  const everywhere = ruleText(ruleOf(network, node));
  const inside = ruleText(ruleOf(network, node, ranges));
  const where = specimen.region === undefined ? '' : ` on [${low}, ${high}]`;
  const range = operatorOf(node)!.enclose === undefined ? rangeOf(ruleOf(network, node)) : 'own';
  const smooth = smoothText(network, node, ranges, where);
  return [derivativeText(network), everywhere, inside === everywhere ? 'the same' : `${inside}${where}`, range, smooth];
}

/** How it is smoothed, or how fast its slopes change already. */
function smoothText(network: Network, node: Node, ranges: Ranges, where: string): string {
  const rule = ruleOf(network, node);
  if (rule.kind === 'affine' || rule.kind === 'constant') return 'linear';
  const facts = factsOf(network, node);
  const at = (on: Ranges | undefined): string | { readonly reason: string } => {
    const smoothing = smoothingOf(node)?.(facts, 'one-sided', on);
    if (typeof smoothing === 'string') return { reason: smoothing };
    if (smoothing !== undefined) {
      const between = smoothing.smooth === 0 ? '' : ` + ${short(smoothing.smooth, 'up')}`;
      return `moves by ${short(smoothing.accuracy, 'up')} ν, L ${short(smoothing.curvature, 'up')}/ν${between}`;
    }
    const curvature = curvatureOf(facts, on);
    if (typeof curvature === 'string') return { reason: curvature };
    if (curvature === undefined) return { reason: '–' };
    const bends = curvature(node.inputs.map((name) => (network.constants.has(name) ? 0 : 1)));
    return bends === 0 ? 'linear' : `L ${short(bends, 'up')}`;
  };
  const everywhere = at(undefined);
  if (typeof everywhere === 'string') return rule.kind === 'unbounded' && everywhere === 'linear' ? '–' : everywhere;
  const inside = at(ranges);
  return typeof inside === 'string' ? `${inside}${where === '' ? ' on the region' : where}` : everywhere.reason;
}

const rangeOf = (rule: LipschitzRule): string => (rule.kind === 'affine' ? 'by its map' : 'none');

const structures: Readonly<Record<LinearStructure['kind'], string>> = {
  selection: 'norm: entries are moved, copied or dropped',
  diagonal: 'norm of a diagonal matrix',
  dense: 'norm of a matrix',
  convolution: 'norm of a convolution',
  separable: 'norm of a matrix per axis',
  opaque: 'norm, matrix-free',
};

function ruleText(rule: LipschitzRule): string {
  switch (rule.kind) {
    case 'affine':
      return structures[rule.map.structure.kind];
    case 'elementwise': {
      const { slopes } = rule;
      if (slopes.kind === 'same') return `slopes in [${short(slopes.lower, 'down')}, ${short(slopes.upper, 'up')}]`;
      return `slopes in [${short(Math.min(...slopes.lower), 'down')}, ${short(Math.max(...slopes.upper), 'up')}]`;
    }
    case 'gain':
      return inNorms((norm) => rule.gains[norm].upper);
    case 'join': {
      const text = inNorms((norm) =>
        rule.combine(
          norm,
          rule.inputs.map(() => 1),
        ),
      );
      return rule.inputs.length === 1 ? text : `inputs of constant 1: ${text}`;
    }
    case 'constant':
      return '0: it reads sizes only';
    case 'unbounded':
      return `unbounded: ${rule.reason}`;
    case 'unsupported':
      return `not understood: ${rule.reason}`;
  }
}

function inNorms(value: (norm: (typeof norms)[number]) => number): string {
  const values = norms.map((norm) => short(value(norm), 'up'));
  return new Set(values).size === 1 ? values[0]! : norms.map((norm, k) => `${norm} ${values[k]!}`).join(', ');
}

/** Five digits, rounded outward; what is a shorter number within float32's rounding is that number. */
function short(value: number, direction: 'up' | 'down'): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const near = Number(value.toPrecision(5));
  if (Math.abs(near - value) <= 2e-7 * Math.abs(value) + 1e-12) return near === 0 ? '0' : String(near);
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 4);
  const outward = direction === 'up' ? near < value : near > value;
  const moved = outward ? near + (direction === 'up' ? step : -step) : near;
  return String(Number(moved.toPrecision(5)));
}

function derivativeText(network: Network): string {
  const output = network.nodes[0]!.outputs[0]!;
  if (derivativeOf(network.nodes[0]!) === flat) return '0';
  const question = { network: differentiable(network, 'float64'), output };
  const missing = [jvp(question), vjp(question)].find((answer) => 'missing' in answer);
  return missing !== undefined && 'missing' in missing ? `none: ${missing.missing.reason}` : 'both';
}
