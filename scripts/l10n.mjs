// npm run l10n: collects the sentences of the extension and of its panel for translators into dist/l10n/bundle.l10n.json, as every build does;
// a translation of it lies in l10n/ as bundle.l10n.de.json. With --check nothing is written: it tells which sentences for the user are not translatable.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { untranslated } from './l10n-panel.mjs';

const root = join(import.meta.dirname, '..');
const packed = join(root, 'dist', 'l10n');
const translations = join(root, 'l10n');
/** Settings of VS Code's own objects whose text a user reads. */
const shownProperties = new Set([
  'placeHolder',
  'placeholder',
  'prompt',
  'openLabel',
  'saveLabel',
  'tooltip',
  'validationMessage',
]);
/** The product's name is the same everywhere. */
const names = new Set(['Lipschitz Inspector', 'Lipschitz']);
/** The page around the panel has no words but the product's name. */
const pages = new Set(['html.ts']);

const problems = [];
const sentences = new Set();

for (const source of sources(join(root, 'extension'))) visit(source, source);
for (const source of sources(join(root, 'webview'))) {
  visit(source, source);
  if (!pages.has(basename(source.fileName)))
    for (const { node, text } of untranslated(source)) report(node, source, `not translatable: ${text}`);
}
checkManifest();
if (!process.argv.includes('--check')) {
  mkdirSync(packed, { recursive: true });
  if (existsSync(translations)) cpSync(translations, packed, { recursive: true });
  const bundle = Object.fromEntries([...sentences].sort().map((one) => [one, one]));
  writeFileSync(join(packed, 'bundle.l10n.json'), `${JSON.stringify(bundle, null, 2)}\n`);
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((file) => ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
}

function visit(node, source) {
  if (ts.isCallExpression(node)) {
    const callee = node.expression.getText(source);
    const [first] = node.arguments;
    if (callee === 'l10n.t') {
      if (first !== undefined && ts.isStringLiteralLike(first)) sentences.add(first.text);
      else report(node, source, 'l10n.t takes one whole sentence as a literal, or translators never see it');
      return;
    }
    if (/(^|\.)(show(Information|Warning|Error)Message|setStatusBarMessage)$/.test(callee))
      node.arguments.forEach((argument) => checkShown(argument, source));
  }
  if (ts.isPropertyAssignment(node) && shownProperties.has(node.name.getText(source)))
    checkShown(node.initializer, source);
  if (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
    ts.isPropertyAccessExpression(node.left)
  )
    if (shownProperties.has(node.left.name.text)) checkShown(node.right, source);
  ts.forEachChild(node, (child) => visit(child, source));
}

/** Literals with words in them: "a", but not "$(icon)" or "". */
function checkShown(node, source) {
  const words = ts.isStringLiteralLike(node)
    ? node.text
    : ts.isTemplateExpression(node)
      ? [node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join(' ')
      : '';
  if (/[A-Za-z]{2}/.test(words.replace(/\$\([\w~-]+\)/g, '')))
    report(node, source, `not translatable: ${node.getText(source)}`);
  if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach((part) => checkShown(part, source));
}

function report(node, source, what) {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  problems.push(`${source.fileName.slice(root.length + 1)}:${line + 1}: ${what}`);
}

/** Titles and descriptions of package.json are keys of package.nls.json, and every key there is used. */
function checkManifest() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const words = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8'));
  const used = new Set([...JSON.stringify(manifest).matchAll(/"%([^"%]+)%"/g)].map(([, key]) => key));
  for (const key of used) if (!(key in words)) problems.push(`package.nls.json lacks "${key}"`);
  for (const key of Object.keys(words))
    if (!used.has(key)) problems.push(`package.nls.json has "${key}", which nothing uses`);
  const shown = /^(title|description|markdownDescription|contents|displayName|name|altText)$/;
  const look = (value, path) => {
    if (Array.isArray(value)) value.forEach((one, i) => look(one, `${path}[${i}]`));
    else if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) {
        if (typeof one === 'string' && shown.test(key) && !/^%.+%$/.test(one) && !names.has(one))
          problems.push(`package.json ${path}.${key}: "${one}" is not translatable`);
        look(one, `${path}.${key}`);
      }
  };
  look(manifest.contributes, 'contributes');
}
