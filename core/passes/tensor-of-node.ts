import type { Network } from '../network/network.ts';
import { readOutput, tensorNames } from './read-output.ts';

interface Named {
  readonly input?: string;
  readonly output?: string;
}

/** Viewers show the names of nodes, and questions are about tensors: a node of one output may stand for it. Where a tensor has the name too, it is meant. */
export function byTensors<Ends extends Named>(network: Network, ends: Ends): Ends {
  const names = tensorNames(network);
  const tensorOf = (name: string): string => {
    if (names.has(name)) return name;
    const node = network.nodes.find(({ id, outputs }) => id === name && outputs.length === 1);
    return node?.outputs[0] ?? name;
  };
  const { input, output } = ends;
  return {
    ...ends,
    ...(input === undefined ? {} : { input: tensorOf(input) }),
    ...(output === undefined ? {} : { output: outputOf(network, output, tensorOf) }),
  };
}

/** "Add_4[1]-[0]" keeps its components. */
function outputOf(network: Network, text: string, tensorOf: (name: string) => string): string {
  const whole = tensorOf(text);
  if (whole !== text) return whole;
  const { tensor } = readOutput(text, network);
  return `${tensorOf(tensor)}${text.slice(tensor.length)}`;
}
