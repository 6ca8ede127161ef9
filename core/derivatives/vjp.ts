import {
  Derivation,
  derived,
  type DerivativeQuestion,
  type DerivedNetwork,
  type MissingDerivative,
} from './derived-network.ts';

/** Where the weights on the output come from: a new input of the graph, or a tensor that is in the network already. */
export type CotangentQuestion = DerivativeQuestion & { readonly weights?: string };

/** J' u: the gradient, by every variable, of the output weighted with u. */
export const vjp = (question: CotangentQuestion): DerivedNetwork | MissingDerivative =>
  derived(() => {
    const derivation = new Derivation(question);
    const { graph, by } = derivation;
    const { output, weights } = question;
    const inputs = weights === undefined ? [derivation.input(graph.fresh(`weights on ${output}`), output)] : [];
    // Several readers of a tensor each add what arrives through them.
    const cotangents = new Map<string, string>([[output, weights ?? inputs[0]!.name]]);
    for (const node of derivation.path.toReversed()) {
      const arriving = node.outputs.map((name) => cotangents.get(name));
      if (arriving.every((cotangent) => cotangent === undefined)) continue;
      const returned = derivation.apply(node, (derivative, site) => derivative.vjp(site, arriving));
      node.inputs.forEach((name, k) => {
        const cotangent = returned[k];
        if (cotangent === undefined || !derivation.active.has(name)) return;
        cotangents.set(name, graph.sum([cotangents.get(name), cotangent])!);
      });
    }
    const outputs = derivation.outputs(
      by.map((name) => cotangents.get(name)),
      by,
    );
    const network = derivation.finish(inputs, outputs);
    return { network, directions: inputs.map(({ name }) => name), derivatives: outputs.map(({ name }) => name) };
  });
