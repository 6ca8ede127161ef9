import { NotUnderstood } from '../builder.ts';
import { isInner, isNamed, type Argument, type Call } from '../program.ts';
import type { Expansion } from './written-out.ts';

type Rule = (call: Expansion) => void;

/** Graphs that are computed as they stand: what torch.no_grad, checkpointing and the like put around them changes no value. */
const wrapped: Rule = (call) => {
  const at = call.given.findIndex(isInner);
  const after = call.given.slice(at + 1).filter((value) => value === null || typeof value !== 'string');
  call.finish(call.inline(call.graph(at), after, ''));
};

/** (device, type, enabled, cache, graph, ...): where it is enabled, the calls inside compute in lower precision, which they do not say. */
const autocast: Rule = (call) => {
  if (call.given[2] !== false)
    throw new NotUnderstood('it computes in lower precision (torch.autocast): export the model without it');
  wrapped(call);
};

const condition: Rule = (call) => {
  const [predicate] = call.given;
  const known = typeof predicate === 'boolean' ? Number(predicate) : call.known(predicate);
  if (known === undefined)
    throw new NotUnderstood(
      'which of its branches is taken depends on the input, and the output jumps from one to the other',
    );
  call.finish(call.inline(call.graph(known === 0 ? 2 : 1), call.list(3), ''));
};

/** The condition is asked of numbers that follow from the file, as counters do. */
const whileLoop: Rule = (call) => {
  const [test, body] = [call.graph(0), call.graph(1)];
  let carried = call.list(2);
  const further = call.list(3);
  for (let round = 0; ; round++) {
    const goesOn = call.evaluated(test, [...carried, ...further]);
    if (goesOn === undefined) throw new NotUnderstood('the number of its rounds depends on the input');
    if (goesOn === 0) break;
    carried = call.inline(body, [...carried, ...further], `${round}/`);
    if (body.calls.length === 0) throw new NotUnderstood('its rounds do nothing');
  }
  call.finish(carried);
};

/** The number of rounds is the size of the first axis of what is gone through. */
function roundsOver(call: Expansion, sequences: readonly Argument[]): number {
  const [first] = sequences;
  const size = isNamed(first) ? call.sizes(first.name)[0] : undefined;
  if (typeof size !== 'number') throw new NotUnderstood('the length of what it goes through is free');
  return size;
}

const places = (call: Expansion, sequences: readonly Argument[], round: number): readonly Argument[] =>
  sequences.map((sequence, i) => {
    if (!isNamed(sequence)) throw new NotUnderstood('it goes through something that is no tensor');
    const meta = call.meta(sequence.name);
    const output = `${call.call.outputs[0] ?? ''}/${round}/item ${i}`;
    return call.emit(
      'aten.select',
      { self: sequence, dim: 0, index: round },
      output,
      meta === undefined ? undefined : { ...meta, sizes: meta.sizes.slice(1) },
    );
  });

/** What every round gave, put together along a new first axis. */
const stacked = (call: Expansion, rounds: readonly (readonly Argument[])[]): readonly Argument[] =>
  (rounds[0] ?? []).map((_, i) =>
    call.emit(
      'aten.stack',
      { tensors: rounds.map((results) => results[i] ?? null), dim: 0 },
      `${call.call.outputs[0] ?? ''}/all ${i}`,
    ),
  );

/** (graph, initial states, sequences, further): every round gives the states and what is kept of it. */
const scan: Rule = (call) => {
  const graph = call.graph(0);
  const [sequences, further] = [call.list(2), call.list(3)];
  let states = call.list(1);
  const kept: (readonly Argument[])[] = [];
  const rounds = roundsOver(call, sequences);
  if (rounds === 0) throw new NotUnderstood('it goes through nothing');
  for (let round = 0; round < rounds; round++) {
    const given = [...states, ...places(call, sequences, round), ...further];
    const results = call.inline(graph, given, `${round}/`);
    states = results.slice(0, states.length);
    kept.push(results.slice(states.length));
  }
  call.finish([...states, ...stacked(call, kept)]);
};

/** (graph, sequences, further): every place on its own. */
const map: Rule = (call) => {
  const graph = call.graph(0);
  const [sequences, further] = [call.list(1), call.list(2)];
  const rounds = Array.from({ length: Math.min(roundsOver(call, sequences), 2 ** 17) }, (_, round) =>
    call.inline(graph, [...places(call, sequences, round), ...further], `${round}/`),
  );
  if (rounds.length === 0) throw new NotUnderstood('it goes through nothing');
  call.finish(stacked(call, rounds));
};

/** (graph, sequences, further): each place joined with what came of those before it. */
const associativeScan: Rule = (call) => {
  const graph = call.graph(0);
  const [sequences, further] = [call.list(1), call.list(2)];
  const rounds = roundsOver(call, sequences);
  if (rounds === 0) throw new NotUnderstood('it goes through nothing');
  const kept = [places(call, sequences, 0)];
  for (let round = 1; round < rounds; round++)
    kept.push(call.inline(graph, [...kept.at(-1)!, ...places(call, sequences, round), ...further], `${round}/`));
  call.finish(stacked(call, kept));
};

const rules: Readonly<Record<string, Rule>> = {
  wrap_with_set_grad_enabled: wrapped,
  wrap_with_autocast: autocast,
  wrap: wrapped,
  wrap_activation_checkpoint: wrapped,
  tag_activation_checkpoint: wrapped,
  invoke_subgraph: wrapped,
  strict_mode: wrapped,
  cond: condition,
  while_loop: whileLoop,
  scan,
  map_impl: map,
  associative_scan: associativeScan,
};

export const higherOrder: readonly string[] = Object.keys(rules);

/** How a call with graphs inside is written out; undefined for one without. */
export function rulesFor(call: Call): Rule | undefined {
  if (![...call.arguments.values()].some(isInner)) return undefined;
  const name = call.target.replace(/^higher_order\./u, '');
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}
