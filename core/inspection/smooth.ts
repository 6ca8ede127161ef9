import { basename } from 'node:path';
import type { Engine } from '../compute/engine.ts';
import type { Work } from '../compute/work.ts';
import {
  smoothingAnswer,
  type LayerSmoothing,
  type SmoothingAnswer,
  type SmoothingQuestion,
} from '../estimators/smoothing/answer.ts';
import { byParameters } from '../estimators/smoothing/by-parameters.ts';
import type { SmoothingProblem } from '../estimators/smoothing/problem.ts';
import { largestDeviation } from '../estimators/smoothing/deviation.ts';
import { jacobianChange } from '../estimators/smoothing/jacobian-change.ts';
import { betterParts } from '../estimators/smoothing/parts.ts';
import { budgetRules } from '../estimators/smoothing/rules/index.ts';
import { writeOnnx } from '../formats/onnx/write.ts';
import type { Network } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { inferTypes } from '../passes/infer-types.ts';
import { raiseOpset } from '../passes/raise-opset.ts';
import { canSmooth, smoothKinks, type SmoothedKink } from '../passes/smooth-kinks.ts';
import type { Region } from '../region.ts';
import type { CurvePoint, DataComparison, DataRow, SmoothingCheck, SmoothingReport } from '../report/smoothing.ts';
import type { SmoothingEvent } from '../report/smoothing-progress.ts';
import { RequestError } from '../sentence.ts';
import { toolVersion } from '../version.ts';
import { identityOf } from './layer-names.ts';
import { openModel, type OpenModel } from './open-model.ts';
import { startPace, type Pace } from './pace.ts';
import { firstOf, largestDistance, onExamples, readExamples, type Examples } from './smoothing-on-data.ts';
import { readRegion, regionForReport } from './region-syntax.ts';
import type { SmoothingRequest } from './smooth-request.ts';
import { kinksOf, SmoothingSettings, type SmoothingSetting } from './smoothing-problem.ts';

/** Until which part of the budget what is done: norms of layers; what single units do; better constants of parts; looking at the deviation; running on data. The rest is for how fast the gradient changes. */
interface Shares {
  readonly norms: number;
  readonly units: number;
  readonly parts: number;
  readonly check: number;
  readonly data: number;
}
const withoutData: Shares = { norms: 0.3, units: 0.4, parts: 0.65, check: 0.85, data: 0.85 };
/** Who brings data wants to see them all. */
const withData: Shares = { norms: 0.2, units: 0.25, parts: 0.4, check: 0.5, data: 0.92 };

const dataAccuracies = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10];

/** The accuracies of the curve, as in the paper's comparison. */
const curveAccuracies = Array.from({ length: 29 }, (_, k) => 10 ** (-6 + k / 4));

/**
 * Answers a smoothing request: a first answer as soon as the norms are known, better ones while better constants are found, then the smoothed
 * network itself, looked at for the largest deviation.
 */
export async function* smooth(
  request: SmoothingRequest,
  engine: Engine,
  signal: AbortSignal,
): AsyncGenerator<SmoothingEvent, void> {
  const pace = startPace(engine, signal, request.budgetSeconds);
  using model = await openModel(request, engine);
  yield* new Run(request, engine, model, pace).events();
}

class Run {
  readonly #request: SmoothingRequest;
  #question: SmoothingQuestion;
  readonly #engine: Engine;
  readonly #model: OpenModel;
  readonly #pace: Pace;
  readonly #where: Region;
  readonly #notes: string[];
  #setting!: SmoothingSetting;
  #check: SmoothingCheck | undefined;
  #data: DataComparison | undefined;

  constructor(request: SmoothingRequest, engine: Engine, model: OpenModel, pace: Pace) {
    const { epsilon, rule } = request;
    if (!(epsilon > 0 && Number.isFinite(epsilon)))
      throw new RequestError('The accuracy epsilon has to be a positive number.');
    this.#request = request;
    this.#question = { epsilon, rule };
    this.#engine = engine;
    this.#model = model;
    this.#pace = pace;
    const { runnable, input } = model.prepared;
    this.#where = readRegion(request.region, elementCount(runnable.types.get(input)!.shape));
    this.#notes = [...model.notes];
  }

  async *events(): AsyncGenerator<SmoothingEvent> {
    const { budgetSeconds, variant, radii } = this.#request;
    const { prepared } = this.#model;
    // What is wrong with the data is said before anything is computed.
    const examples = this.#examples();
    yield { kind: 'activity', activity: 'Norms of all layers', fraction: 0 };
    const settings = await SmoothingSettings.open(prepared, variant, this.#where, radii, this.#until('norms'));
    this.#question = { ...this.#question, ...this.#choices(settings) };
    await settings.lookAtSingleUnits(this.#until('units'));
    this.#setting = await settings.problemFor(this.#question, this.#pace.until(budgetSeconds));
    this.#remark();
    yield { kind: 'answer', report: this.#report() };

    yield* this.#better(settings);
    const kinks = this.#kinks();
    if (this.#request.model === 'written') yield { kind: 'model', bytes: this.#written(kinks) };
    yield* this.#checked(kinks, this.#until('check'));
    if (examples !== undefined) yield* this.#onData(examples);
    yield* this.#bending(kinks, this.#pace.until(budgetSeconds));
    yield { kind: 'finished', report: this.#report() };
  }

  async *#better(settings: SmoothingSettings): AsyncGenerator<SmoothingEvent> {
    if (budgetRules[this.#request.rule].constants === 'radii') return;
    const work = this.#until('parts');
    const { units, parts } = this.#shares;
    const { graph, constantOf, blocks } = this.#setting;
    for await (const found of betterParts(graph, constantOf, blocks, work)) {
      this.#setting = settings.refined(this.#setting, found.blocks);
      yield { kind: 'activity', activity: 'Better constants of parts', fraction: units + (parts - units) * found.done }; // prettier-ignore
    }
    yield { kind: 'answer', report: this.#report() };
  }

  /** What is asked of layers, by their ids. */
  #choices(settings: SmoothingSettings): Pick<SmoothingQuestion, 'choices'> {
    const asked = Object.entries(this.#request.choices ?? {});
    if (asked.length === 0) return {};
    const choices = asked.flatMap(([name, choice]) => {
      const id = settings.idOf(name);
      if (id === undefined) this.#notes.push(`No layer that is smoothed here is called "${name}": what was asked of it is left out.`); // prettier-ignore
      return id === undefined ? [] : [[id, choice] as const];
    });
    return { choices: new Map(choices) };
  }

  get #shares(): Shares {
    return this.#request.data === undefined ? withoutData : withData;
  }

  #until(what: keyof Shares): Work {
    return this.#pace.until(this.#shares[what] * this.#request.budgetSeconds);
  }

  #kinks(epsilon = this.#request.epsilon): readonly SmoothedKink[] {
    return kinksOf(this.#setting, { ...this.#question, epsilon });
  }

  /** The file's own network with free sizes where that is possible, else the one with all sizes fixed. */
  #written(kinks: readonly SmoothedKink[]): Uint8Array {
    const { network } = this.#model;
    const { runnable } = this.#model.prepared;
    const base = canSmooth(network, kinks) ? network : raiseOpset(runnable);
    if (base !== network)
      this.#notes.push('The smoothed model has the sizes and the inputs of this question fixed: the file itself is not written in operators that could be kept.'); // prettier-ignore
    return writeOnnx(smoothKinks(base, kinks), [], this.#metadata());
  }

  #metadata(): ReadonlyMap<string, string> {
    const { epsilon, rule, variant, layers, output, region } = this.#report();
    const said = {
      ...{ epsilon, rule, variant, region, norm: 'l2', deviation: output.deviation, smoothness: output.smoothness },
      layers: layers.filter(({ mu }) => mu > 0).map(({ id, mu, width }) => ({ id, mu, width })),
    };
    return new Map([
      ['lipschitz-inspector.version', toolVersion],
      ['lipschitz-inspector.smoothing', JSON.stringify(said)],
      ['lipschitz-inspector.smoothed-from', `${this.#model.summary.file} sha256:${this.#model.summary.sha256}`],
    ]);
  }

  async *#checked(kinks: readonly SmoothedKink[], work: Work): AsyncGenerator<SmoothingEvent> {
    if (kinks.length === 0) {
      // Nothing was smoothed, so nothing moves: the time is for how fast the gradient changes.
      this.#check = { samples: 0, ascentSteps: 0, maxDeviation: 0, inSingle: [] };
      return;
    }
    yield { kind: 'activity', activity: 'Looking for the largest deviation', fraction: this.#shares.parts };
    const { runnable, output } = this.#model.prepared;
    const original: Network = raiseOpset(runnable);
    const smoothed = smoothKinks(original, kinks);
    try {
      for await (const found of largestDeviation(
        { original, smoothed, output },
        this.#where,
        this.#request.samples,
        this.#request.seed,
        work,
      )) {
        // prettier-ignore
        const { samples, ascentSteps, largest, inSingle } = found;
        this.#check = { samples, ascentSteps, maxDeviation: largest, inSingle };
        yield { kind: 'answer', report: this.#report() };
      }
    } catch (error) {
      if (!(error instanceof Error) || error.name === 'Cancelled') throw error;
      this.#notes.push(`The deviation was not looked at: ${error.message.split('\n')[0]!}`);
    }
  }

  /** A lower end for the smoothness constant. */
  async *#bending(kinks: readonly SmoothedKink[], work: Work): AsyncGenerator<SmoothingEvent> {
    if (this.#check === undefined) return;
    yield { kind: 'activity', activity: 'Looking for where the gradient changes fastest', fraction: this.#shares.data };
    const { runnable, output } = this.#model.prepared;
    const smoothed = inferTypes(smoothKinks(raiseOpset(runnable), kinks));
    const places = kinks.flatMap(({ facts, smoothing, width }) =>
      smoothing.knot === undefined ? [] : [{ tensor: facts.node.inputs[0]!, value: smoothing.knot + width / 2 }],
    );
    try {
      for await (const smoothness of jacobianChange(smoothed, output, places, this.#where, this.#request.seed, work))
        this.#check = { ...this.#check, smoothness };
    } catch (error) {
      if (!(error instanceof Error) || error.name === 'Cancelled') throw error;
      this.#notes.push(`How fast the gradient changes was not looked at: ${error.message.split('\n')[0]!}`);
    }
  }

  #examples(): NamedExamples | undefined {
    const { data, labels } = this.#request;
    if (data === undefined) return undefined;
    const { runnable, input } = this.#model.prepared;
    const examples = readExamples(data, labels, elementCount(runnable.types.get(input)!.shape));
    return {
      ...examples,
      files: { file: basename(data), ...(labels === undefined ? {} : { labels: basename(labels) }) },
    };
  }

  /** The paper's comparison: what smoothing within 1e-6 to 10 does on data. */
  async *#onData(examples: NamedExamples): AsyncGenerator<SmoothingEvent> {
    const { runnable, output } = this.#model.prepared;
    const network = raiseOpset(runnable);
    // As many as the original gets through in its share of the time; then the same for all. Smoothed networks take up to three times as long.
    const work = this.#until('data');
    const original = await onExamples(network, output, examples, work, 1 / (3 * dataAccuracies.length + 1));
    if (original === undefined) return;
    const seen = original.outputs.length;
    const count = examples.points.length;
    if (seen < count)
      this.#notes.push(`There was time for the first ${seen} of ${count} examples; a longer budget looks at more.`);
    if (this.#setting.problem.precision === 'float32')
      this.#notes.push('On data the networks run in float32, as the file says: its rounding is part of the deviations there.'); // prettier-ignore
    const same = firstOf(examples, seen);
    const smoothed: (DataRow & { readonly epsilon: number; readonly maxDeviation: number })[] = [];
    for (const epsilon of dataAccuracies) {
      const { check, data } = this.#shares;
      yield { kind: 'activity', activity: `Data, smoothed within ${epsilon}`, fraction: check + ((data - check) * smoothed.length) / dataAccuracies.length }; // prettier-ignore
      const own = await onExamples(smoothKinks(network, this.#kinks(epsilon)), output, same, work);
      if (own === undefined) continue;
      if (own.outputs.length < seen) {
        this.#notes.push(`There was no time for the data at ε = ${epsilon} and more; a longer budget has it.`);
        break;
      }
      smoothed.push({ epsilon, ...own.row, maxDeviation: largestDistance(own.outputs, original.outputs) });
    }
    this.#data = { ...examples.files, examples: seen, original: original.row, smoothed };
  }

  #remark(): void {
    const { problem, graph } = this.#setting;
    if (!problem.layers.some(({ accuracy }) => accuracy > 0))
      this.#notes.push('No layer has a kink here: nothing is smoothed.');
    if (graph.nonlinear.some(({ unknown }) => unknown !== undefined))
      this.#notes.push(
        'The network stays without a smoothness constant: some of its operators have none that is known.',
      );
  }

  #answer(epsilon = this.#request.epsilon): SmoothingAnswer {
    return smoothingAnswer(this.#setting.problem, { ...this.#question, epsilon });
  }

  #curve(): readonly CurvePoint[] {
    return curveAccuracies.map((epsilon) => {
      const { layers, output } = this.#answer(epsilon);
      return { epsilon, smoothness: output.smoothness, mu: layers.map(({ mu }) => mu) };
    });
  }

  #report(): SmoothingReport {
    const { epsilon, rule, variant, region } = this.#request;
    const { problem, graph } = this.#setting;
    const { layers, output } = this.#answer();
    const { runnable } = this.#model.prepared;
    return {
      format: 'lipschitz-smoothing',
      version: 1,
      tool: { name: 'lipschitz-inspector', version: toolVersion },
      model: this.#model.summary,
      engine: this.#engine.summary,
      region: regionForReport(region),
      ...{ epsilon, rule, variant },
      layers: layers.map((layer, t) => {
        const { node } = graph.nonlinear[t]!;
        const { source } = identityOf(node, runnable, [node]);
        return source === undefined ? layer : { ...layer, source };
      }),
      output: { ...output, stepSize: stepSizeOf(output.smoothness) },
      ...byParametersFor(problem, layers),
      notSmooth: graph.nonlinear.flatMap(({ node, unknown }) =>
        unknown === undefined ? [] : [{ node: node.id, op: node.op, reason: unknown }],
      ),
      ...(this.#check === undefined ? {} : { checked: this.#check }),
      ...(this.#data === undefined ? {} : { data: this.#data }),
      curve: this.#curve(),
      problem,
      parameters: problem.parameters,
      seconds: this.#pace.seconds(),
      notes: this.#notes.slice(),
    };
  }
}

interface NamedExamples extends Examples {
  readonly files: Pick<DataComparison, 'file' | 'labels'>;
}

function byParametersFor(
  problem: SmoothingProblem,
  smoothed: readonly LayerSmoothing[],
): Pick<SmoothingReport, 'byParameters'> {
  const found = byParameters(problem, smoothed);
  if (found === undefined) return {};
  const { layers, output } = found;
  const { largestInput } = problem.ofParameters!;
  return {
    byParameters:
      typeof output === 'string'
        ? { largestInput, layers, output: null, reason: output }
        : { largestInput, layers, output },
  };
}

const stepSizeOf = (smoothness: number | null): number | null =>
  smoothness === null || smoothness === 0 ? null : 1 / smoothness;
