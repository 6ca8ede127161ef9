import type { Direction } from '../operators/derivatives/derivative.ts';
import {
  Derivation,
  derived,
  type DerivativeQuestion,
  type DerivedNetwork,
  type MissingDerivative,
} from './derived-network.ts';

/** Where the directions come from: new inputs of the graph, or tensors that are in the network already, one per variable. */
export type TangentQuestion = DerivativeQuestion & { readonly tangents?: readonly string[] };

/** J v: how the output moves when the variables move in the given directions. */
export const jvp = (question: TangentQuestion): DerivedNetwork | MissingDerivative =>
  derived(() => {
    const derivation = new Derivation(question);
    const { graph, by } = derivation;
    const inputs =
      question.tangents === undefined
        ? by.map((name) => derivation.input(graph.fresh(`direction of ${name}`), name))
        : [];
    const given = question.tangents ?? inputs.map(({ name }) => name);
    const tangents = new Map<string, string>(by.map((name, k) => [name, given[k]!]));
    for (const node of derivation.path) {
      const moving = node.inputs.map((name): Direction => tangents.get(name));
      if (moving.every((tangent) => tangent === undefined)) continue;
      const moved = derivation.apply(node, (derivative, site) => derivative.jvp(site, moving));
      node.outputs.forEach((name, k) => {
        const tangent = moved[k];
        if (name !== '' && tangent !== undefined) tangents.set(name, tangent);
      });
    }
    const outputs = derivation.outputs([tangents.get(question.output)], [question.output]);
    const network = derivation.finish(inputs, outputs);
    return { network, directions: inputs.map(({ name }) => name), derivatives: outputs.map(({ name }) => name) };
  });
