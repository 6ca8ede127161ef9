import childProcess from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:http';
import Module from 'node:module';
import { json } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as vscode from 'vscode';

const inspector = 'lipschitz-inspector.lipschitz-inspector';

/** Calls that the inspector itself has made since it is watched: files it looked at, programs it started. */
const calls = [];

/** How long each call of the inspector's own providers took. */
const hovers = [];
const lenses = [];

/** Answers to the benchmark, one function a question. It shares the extension host's process with the extension it watches. */
const questions = {
  state: () => ({ active: vscode.extensions.getExtension(inspector).isActive, calls, pid: process.pid }),

  /** Looking at every call's stack takes time: not to be asked where times are measured. */
  watchCalls() {
    for (const module of [fs, fs.promises, childProcess]) Object.keys(module).forEach((name) => watch(module, name));
  },

  /** How long the provider takes, and with the way through the window and back; and what the hover says. */
  async hover({ file, line, column, times }) {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
    const position = new vscode.Position(line, column);
    const whole = [];
    let text = '';
    hovers.length = 0;
    for (let time = 0; time < times; time++) {
      const start = performance.now();
      const shown = await vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, position);
      whole.push(performance.now() - start);
      text = shown.flatMap(({ contents }) => contents.map((content) => content.value)).join('\n');
    }
    return { provider: hovers, whole, text };
  },

  /** The same for the lines above classes, of Python files. */
  async lenses({ file, times }) {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
    const whole = [];
    let text = '';
    lenses.length = 0;
    for (let time = 0; time < times; time++) {
      const start = performance.now();
      const shown = await vscode.commands.executeCommand('vscode.executeCodeLensProvider', document.uri);
      whole.push(performance.now() - start);
      text = shown.map(({ command }) => command?.title ?? '').join('\n');
    }
    return { provider: [...lenses], whole, text };
  },

  setting: ({ name, value }) =>
    vscode.workspace
      .getConfiguration()
      .update(name, value, vscode.ConfigurationTarget.Global)
      .then(() => null),

  /** Makes the document a new version, which has to be parsed again. */
  async edit({ file, line }) {
    const uri = vscode.Uri.file(file);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(line, 0), '# another version\n');
    return vscode.workspace.applyEdit(edit);
  },

  memory: () => memory(),

  collect() {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    return memory();
  },

  watchMemory() {
    clearInterval(watching);
    peak = memory();
    watching = setInterval(() => {
      const now = memory();
      for (const kind of Object.keys(peak)) peak[kind] = Math.max(peak[kind], now[kind]);
    }, 50);
    return peak;
  },

  peakMemory() {
    clearInterval(watching);
    return peak;
  },
};

let watching;
let peak;

function memory() {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, external };
}

function watch(module, name) {
  const original = module[name];
  if (typeof original !== 'function' || /^[A-Z]/.test(name)) return;
  const watched = function (...given) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 50;
    const { stack } = new Error();
    Error.stackTraceLimit = limit;
    const { extensionPath } = vscode.extensions.getExtension(inspector);
    if (stack.includes(extensionPath)) calls.push(`${name} ${String(given[0])}`);
    return original.apply(this, given);
  };
  module[name] = Object.assign(watched, original);
}

/** Gives the inspector, when it asks for the editor's interface, one that notes how long its hovers and lenses take. */
function timeProviders() {
  const { extensionPath } = vscode.extensions.getExtension(inspector);
  const load = Module._load;
  const timed = (provider, name, times) => ({
    ...bound(provider),
    async [name](...given) {
      const start = performance.now();
      const answer = await provider[name](...given);
      times.push(performance.now() - start);
      return answer;
    },
  });
  Module._load = function (request, parent, ...rest) {
    const loaded = load.call(this, request, parent, ...rest);
    if (request !== 'vscode' || !parent?.filename?.startsWith(extensionPath)) return loaded;
    const registerHoverProvider = (selector, provider) =>
      loaded.languages.registerHoverProvider(selector, timed(provider, 'provideHover', hovers));
    const registerCodeLensProvider = (selector, provider) =>
      loaded.languages.registerCodeLensProvider(
        selector,
        [selector].flat().some(({ language }) => language === 'python')
          ? timed(provider, 'provideCodeLenses', lenses)
          : provider,
      );
    return { ...loaded, languages: { ...loaded.languages, registerHoverProvider, registerCodeLensProvider } };
  };
}

/** The events that the editor listens to. */
const bound = ({ onDidChangeCodeLenses }) => (onDidChangeCodeLenses === undefined ? {} : { onDidChangeCodeLenses });

export function activate(context) {
  timeProviders();
  const server = createServer(async (request, response) => {
    try {
      const { question, argument } = await json(request);
      response.end(JSON.stringify({ ok: (await questions[question](argument)) ?? null }));
    } catch (error) {
      response.end(JSON.stringify({ err: String(error?.stack ?? error) }));
    }
  });
  server.listen(vscode.workspace.getConfiguration('probe').get('port'), '127.0.0.1');
  context.subscriptions.push({ dispose: () => (server.closeAllConnections(), server.close()) });
}
