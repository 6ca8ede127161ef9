import type { Direction } from '../operators/derivatives/derivative.ts';
import {
  Derivation,
  derived,
  type DerivativeQuestion,
  type DerivedNetwork,
  type MissingDerivative,
} from './derived-network.ts';

/** J v: how the output moves when the variables move in the given directions. The output itself stays in the network, by its name. */
export const jvp = (question: DerivativeQuestion): DerivedNetwork | MissingDerivative =>
  derived(() => {
    const derivation = new Derivation(question);
    const { graph, by } = derivation;
    const inputs = by.map((name) => derivation.input(graph.fresh(`direction of ${name}`), name));
    const tangents = new Map<string, string>(by.map((name, k) => [name, inputs[k]!.name]));
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
