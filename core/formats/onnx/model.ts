import { UserError } from '../../sentence.ts';
import type { ModelFile } from '../format.ts';
import { readFunction, type WrittenFunction } from './function.ts';
import { readGraph } from './graph.ts';
import type { WrittenGraph } from './graph.ts';
import { ProtobufReader, Window } from './wire.ts';

export interface WrittenModel {
  readonly irVersion: number;
  /** Version of the standard operator set, when the file states one. */
  readonly opset: number | undefined;
  readonly graph: WrittenGraph;
  /** The model's own functions. */
  readonly functions: readonly WrittenFunction[];
}

export function readWrittenModel(file: ModelFile): WrittenModel {
  const { name } = file.source;
  const message = new ProtobufReader(new Window(file.source), 'the model');
  let irVersion = 0;
  let opset: number | undefined;
  let graph: WrittenGraph | undefined;
  const functions: WrittenFunction[] = [];
  while (message.next()) {
    switch (message.field) {
      case 1:
        irVersion = message.unsigned();
        break;
      case 7:
        if (graph) throw new UserError(`${name} is damaged: it holds two graphs. Export it again.`);
        graph = readGraph(message.message('the graph'), file);
        break;
      case 8:
        opset = standardVersion(message.message('an operator set')) ?? opset;
        break;
      case 25:
        functions.push(readFunction(message.message('a function'), file));
        break;
    }
  }
  if (!graph) throw new UserError(`${name} holds no graph: it is cut off, or not an ONNX model. Export it again.`);
  return { irVersion, opset, graph, functions };
}

/** OperatorSetIdProto; only the standard domain has rules that depend on the version. */
function standardVersion(message: ProtobufReader): number | undefined {
  let domain = '';
  let version = 0;
  while (message.next()) {
    if (message.field === 1) domain = message.text();
    else if (message.field === 2) version = message.unsigned();
  }
  return domain === '' || domain === 'ai.onnx' ? version : undefined;
}
