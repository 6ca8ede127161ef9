import type { Norm } from '../bound.ts';
import type { Engine } from '../compute/engine.ts';
import type { Work } from '../compute/work.ts';
import { boundBlocks } from '../estimators/composition/block-bounds.ts';
import { recheckNorm } from '../estimators/norms/recheck.ts';
import { rangesOn } from '../estimators/ranges/ranges-on.ts';
import { certifiedQuotient } from '../estimators/witness/certify.ts';
import { elementCount } from '../network/tensor.ts';
import { isWithin } from '../region.ts';
import type { Inspection, LayerNorm } from '../report/inspection.ts';
import { verifierOf } from './certificates/index.ts';
import { statedProduct } from './certificates/product.ts';
import type { ClaimContext } from './certificates/verifier.ts';
import { affineRule, analyse, productsOf, withRanges, type AnalysedNode } from './layers.ts';
import { openModel, type OpenModel } from './open-model.ts';
import { startPace } from './pace.ts';
import { tightened } from './tightened.ts';
import { readRegion } from './region-syntax.ts';
import { defaultRequest, type InspectionRequest } from './request.ts';
import type { Check, Verification } from './verification.ts';

/** Long enough for any layer that could be certified in the first place. */
const budgetSeconds = 600;

/**
 * Re-checks an inspection against the model file: the file is the one that was inspected, the witness gives the lower end, every
 * layer's norm holds by another method than the one that found it, and the upper end follows from its certificate.
 */
export async function verify(inspection: Inspection, file: string, engine: Engine): Promise<Verification> {
  const { norm, model: claimed } = inspection;
  const request = { ...defaultRequest(file), norm, input: claimed.input, output: claimed.output };
  using model = await openModel({ ...request, ...heldValues(inspection) }, engine);
  const same = sameFile(inspection, model);
  const checks: Check[] = [same];
  if (same.verdict === 'confirmed') {
    const work = startPace(engine, new AbortController().signal, budgetSeconds).until(budgetSeconds);
    const nodes = await analysedNodes(inspection, model, work);
    checks.push(
      await witnessCheck(inspection, model, work),
      ...(await layerChecks(inspection, model, nodes, work)),
      await upperCheck(await contextOf(inspection, model, nodes, work), work),
      listCheck(inspection),
      ...otherNorms(inspection),
    );
  }
  return { passed: checks.every(({ verdict }) => verdict !== 'refuted'), checks };
}

const heldValues = ({ question }: Inspection): Pick<InspectionRequest, 'set' | 'dims' | 'quantisation'> => ({
  set: question?.set ?? {},
  dims: question?.dims ?? {},
  ...(question?.quantisation === undefined ? {} : { quantisation: question.quantisation }),
});

function sameFile({ model }: Inspection, { summary }: OpenModel): Check {
  const same = model.sha256 === summary.sha256;
  return {
    claim: `the model is ${model.file}`,
    verdict: same ? 'confirmed' : 'refuted',
    detail: same
      ? 'The SHA-256 of the file is the one in the inspection.'
      : `The inspection is of another file: its SHA-256 is ${model.sha256}, this file's is ${summary.sha256}.`,
  };
}

async function analysedNodes(
  { region: text }: Inspection,
  { prepared }: OpenModel,
  work: Work,
): Promise<readonly AnalysedNode[]> {
  const { analysed, input } = prepared;
  const nodes = analyse(analysed, undefined);
  const region = readRegion(text, elementCount(analysed.types.get(input)!.shape));
  const boxes = await rangesOn(analysed, input, region, nodes, work);
  if (boxes === undefined) return nodes;
  const ranged = withRanges(analysed, nodes, boxes);
  return (await tightened(analysed, input, region, ranged, boxes, work)) ?? ranged;
}

async function contextOf(
  inspection: Inspection,
  { prepared }: OpenModel,
  nodes: readonly AnalysedNode[],
  work: Work,
): Promise<ClaimContext> {
  const { norm, region: text } = inspection;
  const { analysed, input } = prepared;
  const size = elementCount(analysed.types.get(input)!.shape);
  const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
  const blocks = await boundBlocks(analysed, input, norm, rules, productsOf(nodes), work);
  return { inspection, norm, region: readRegion(text, size), prepared, nodes, blocks };
}

async function witnessCheck(
  { lipschitz, norm, region: text }: Inspection,
  { prepared }: OpenModel,
  work: Work,
): Promise<Check> {
  const claim = `the ${norm} lower end`;
  const lower = lipschitz[norm]?.lower;
  if (lower === undefined)
    return { claim, verdict: 'refuted', detail: `The inspection is about ${norm}, but has no interval for it.` };
  if (lower.value === 0) return { claim, verdict: 'confirmed', detail: 'No constant is below 0.' };
  const { witness } = lower;
  const size = elementCount(prepared.runnable.types.get(prepared.input)!.shape);
  if (witness === undefined || witness.x.length !== size || witness.y.length !== size)
    return {
      claim,
      verdict: 'refuted',
      detail: `A lower end of ${lower.value} needs a witness: two points of ${size} numbers.`,
    };
  const region = readRegion(text, size);
  for (const point of [witness.x, witness.y].map((numbers) => Float64Array.from(numbers)))
    if (!isWithin(region, point))
      return { claim, verdict: 'refuted', detail: `A point of the witness lies outside of the region ${text}.` };
  const value = await certifiedQuotient(prepared.runnable, prepared.output, witness, norm, work);
  if (value === undefined)
    return lower.rigor === 'certified'
      ? { claim, verdict: 'refuted', detail: 'What the network makes of the witness cannot be enclosed in doubles.' }
      : {
          claim,
          verdict: 'not checked',
          detail: 'What the network makes of the witness cannot be enclosed in doubles.',
        };
  // Sums may be taken in another order on another machine, never with another answer in the first ten digits.
  const holds = lower.rigor === 'certified' ? value >= lower.value * (1 - 1e-10) : value >= lower.value * (1 - 1e-3);
  return {
    claim,
    verdict: holds ? 'confirmed' : 'refuted',
    detail: `The witness gives ${value}; the inspection says ${lower.value}.`,
  };
}

async function layerChecks(
  inspection: Inspection,
  { prepared }: OpenModel,
  nodes: readonly AnalysedNode[],
  work: Work,
): Promise<Check[]> {
  const checks: Check[] = [];
  const byId = new Map(nodes.map((node) => [node.node.id, node]));
  for (const layer of inspection.layers)
    for (const [where, claims] of [
      ['', layer.norms],
      [' on the whole space', layer.everywhere ?? {}],
    ] as const)
      for (const [norm, claimed] of Object.entries(claims) as [Norm, LayerNorm][]) {
        const claim = `the ${norm} norm of ${layer.name}${where}`;
        const node = byId.get(layer.id);
        if (node === undefined) {
          checks.push({ claim, verdict: 'refuted', detail: `The model has no layer "${layer.id}".` });
          continue;
        }
        const asked = where === '' ? node : { ...node, closed: node.everywhere };
        checks.push(await normCheck(claim, claimed, asked, norm, prepared, work));
      }
  return checks;
}

async function normCheck(
  claim: string,
  claimed: LayerNorm,
  { node, rule, closed }: AnalysedNode,
  norm: Norm,
  { analysed }: OpenModel['prepared'],
  work: Work,
): Promise<Check> {
  if (claimed.upper === null) return { claim, verdict: 'not checked', detail: 'It claims no upper end.' };
  const known = closed[norm];
  if (known !== undefined) {
    const holds =
      known.upper !== null && claimed.upper >= known.upper * (1 - 1e-12) && claimed.lower <= known.lower * (1 + 1e-12);
    return {
      claim,
      verdict: holds ? 'confirmed' : 'refuted',
      detail: `The closed form is ${String(known.upper)}; the inspection says ${claimed.upper}.`,
    };
  }
  const affine = rule.kind === 'affine' ? affineRule(analysed, node) : undefined;
  if (affine === undefined) return { claim, verdict: 'refuted', detail: 'The layer has no norm of its own.' };
  return { ...(await recheckNorm(affine.map, norm, { lower: claimed.lower, upper: claimed.upper }, work)), claim };
}

/** The list of bounds tells how the interval was found: nothing in it may claim more than the interval, which is what was checked. */
function listCheck({ bounds, lipschitz, norm, region }: Inspection): Check {
  const claim = 'the list of bounds';
  const interval = lipschitz[norm];
  const upper = interval?.upper.value ?? Number.POSITIVE_INFINITY;
  const lower = interval?.lower.value ?? 0;
  const excess = bounds.find(
    (bound) =>
      bound.rigor === 'certified' &&
      bound.norm === norm &&
      bound.region === region &&
      (bound.side === 'upper' ? bound.value < upper : bound.value > lower),
  );
  const stray = bounds.find((bound) => bound.norm !== norm || bound.region !== region);
  const detail =
    excess === undefined
      ? stray === undefined
        ? 'Nothing in it claims more than the interval.'
        : `It holds a bound about ${stray.norm} on ${stray.region}, which nothing here proves.`
      : `Its ${excess.side} bound ${excess.value} of ${excess.method} claims more than the interval.`;
  return { claim, verdict: excess === undefined && stray === undefined ? 'confirmed' : 'refuted', detail };
}

/** An inspection answers for one norm; an interval in another has nothing to stand on. */
const otherNorms = ({ lipschitz, norm }: Inspection): Check[] =>
  Object.keys(lipschitz)
    .filter((other) => other !== norm)
    .map((other) => ({
      claim: `the ${other} interval`,
      verdict: 'refuted',
      detail: `The inspection is about ${norm}; nothing in it proves an interval in ${other}.`,
    }));

/** Its certificate decides how an upper end is re-proved; one that nobody here can check is worth nothing. */
async function upperCheck(context: ClaimContext, work: Work): Promise<Check> {
  const claim = `the ${context.norm} upper end`;
  const claimed = context.inspection.lipschitz[context.norm]?.upper;
  const hasProduct = (): boolean => 'value' in statedProduct(context).upper;
  if (claimed === undefined || claimed.value === null) {
    const agrees = !hasProduct();
    return {
      claim,
      verdict: agrees ? 'confirmed' : 'not checked',
      detail: agrees ? 'The rules give no finite bound either.' : 'The inspection claims no upper end.',
    };
  }
  const { value, rigor, certificate = { kind: 'product' } } = claimed;
  if (rigor !== 'certified')
    return hasProduct()
      ? { claim, verdict: 'refuted', detail: `It is only ${rigor}, although the layers give a certified one.` }
      : { claim, verdict: 'not checked', detail: `It does not claim to be certified, only ${rigor}.` };
  const verifier = verifierOf(certificate.kind);
  if (verifier === undefined)
    return { claim, verdict: 'refuted', detail: `Certificates of the kind "${certificate.kind}" are not known.` };
  return { ...(await verifier.check({ value, certificate: { ...certificate } }, context, work)), claim };
}
