import { extname } from 'node:path';
import { reportFormats } from '../../report/formats.ts';
import { inspectionJson } from '../../report/json.ts';
import { judge } from '../../budgets/judge.ts';
import { bilipschitz } from '../../inspection/bilipschitz.ts';
import { render } from '../../report/render.ts';
import { numberOf, questionOptions, readArguments, requestOf } from '../arguments.ts';
import { writeOutput } from '../output.ts';
import { printed } from '../printed.ts';
import { runInspection } from '../run-inspection.ts';
import { UsageError } from '../usage.ts';
import { budgetOfMax, verdict } from '../verdict.ts';
import type { Command } from './command.ts';

export const reportCommand: Command = {
  options: [...questionOptions, 'out', 'max', 'bilipschitz'],
  async run(args, engineFor, signal) {
    const { values, positionals } = readArguments(args, reportCommand.options);
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError('Name one model: lipschitz report MODEL --out FILE.html');
    const format = reportFormats.find((name) => name === extname(values.out ?? '').slice(1));
    if (values.out === undefined || format === undefined)
      throw new UsageError('--out needs a file name that ends in .html, .md, .json or .csv.');
    const max = values.max === undefined ? undefined : numberOf('--max', values.max, 0);
    const request = requestOf({ values, positionals }, file);
    const engine = await engineFor(request);
    const asked = await runInspection(request, engine, signal);
    const inspection =
      values.bilipschitz === true
        ? { ...asked, bilipschitz: await bilipschitz({ ...request, norm: 'l2' }, engine, signal) }
        : asked;
    await writeOutput(values.out, render(inspection, format));
    if (values.json !== undefined) await writeOutput(values.json, inspectionJson(inspection));
    if (values.json !== '-') process.stdout.write(`${printed(inspection)}\n\nWritten to ${values.out}.\n`);
    return verdict([inspection], max === undefined ? [] : judge(inspection, budgetOfMax(request, max)));
  },
};
