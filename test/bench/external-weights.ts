import { closeSync, openSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ProtobufWriter } from '../../core/formats/onnx/wire-writer.ts';
import { numbers } from '../operators/small-networks.ts';

const int = (value: number): ProtobufWriter => new ProtobufWriter().integer(1, value);
const shapeOf = (sizes: readonly number[]): ProtobufWriter =>
  sizes.reduce((shape, size) => shape.message(1, int(size)), new ProtobufWriter());
const value = (name: string, sizes: readonly number[]): ProtobufWriter =>
  new ProtobufWriter()
    .text(1, name)
    .message(2, new ProtobufWriter().message(1, new ProtobufWriter().integer(1, 1).message(2, shapeOf(sizes))));

/** Dense layers of `width` squared, with ReLUs between them, their weights in a file beside the model. */
export async function denseLayersBeside(file: string, width: number, layers: number): Promise<string> {
  const beside = `${basename(file, '.onnx')}.data`;
  const graph = new ProtobufWriter();
  const bytes = width * width * 4;
  const data = openSync(join(dirname(file), beside), 'w');
  const row = numbers(width * 64, 5).map((one) => one / Math.sqrt(width));
  const block = Buffer.from(row.buffer);
  for (let layer = 0; layer < layers; layer++) {
    const [from, to] = [layer === 0 ? 'x' : `r${layer - 1}`, layer === layers - 1 ? 'y' : `y${layer}`];
    graph.message(
      1,
      new ProtobufWriter().text(1, from).text(1, `w${layer}`).text(2, to).text(3, `fc${layer}`).text(4, 'MatMul'),
    );
    if (layer < layers - 1)
      graph.message(1, new ProtobufWriter().text(1, to).text(2, `r${layer}`).text(3, `relu${layer}`).text(4, 'Relu'));
    for (let at = 0; at < bytes; at += block.length) writeSync(data, block, 0, Math.min(block.length, bytes - at));
  }
  closeSync(data);
  graph.text(2, 'dense layers');
  for (let layer = 0; layer < layers; layer++) {
    const tensor = new ProtobufWriter().integer(1, width).integer(1, width).integer(2, 1).text(8, `w${layer}`);
    const entry = (key: string, text: string): ProtobufWriter => new ProtobufWriter().text(1, key).text(2, text);
    tensor.message(13, entry('location', beside));
    tensor.message(13, entry('offset', String(layer * bytes)));
    tensor.message(13, entry('length', String(bytes))).integer(14, 1);
    graph.message(5, tensor);
  }
  graph.message(11, value('x', [1, width])).message(12, value('y', [1, width]));
  const model = new ProtobufWriter().integer(1, 8).message(7, graph);
  model.message(8, new ProtobufWriter().text(1, '').integer(2, 17));
  await writeFile(file, model.finish());
  return file;
}
