// What a user reads in the panel: text and spoken attributes of its templates, and sentences in its code. Anything of it that is written as a
// plain literal is told; what goes through l10n.t is a translator's.
import ts from 'typescript';

const spoken = /^(aria-label|aria-valuetext|aria-roledescription|title|placeholder|label|alt|\.ariaLabel)$/;
const letters = /[A-Za-z]{2}/;
/** Names of formats and marks are the same everywhere. */
const names = new Set(['TSV', 'Markdown']);
/** Values of the code that look like words of a sentence, and what goes into reports. */
const tags = new Set(['beside text', 'full input', 'at once', 'tbody tr', '{}, changed by hand']);
/** A sentence, or a word as labels begin; keys of the keyboard are compared, not shown. */
const prose = /^[A-Z][a-z]+|[A-Za-z]{2,}[,:.;]? +[\w({]| .*[A-Za-z]{2}|[A-Za-z]{2}.* /;
const keys = new Set(['Enter', 'Escape', 'Home', 'End', 'Arrow']);
const cssValue = /^11px /;

/** The places of one file that no translation reaches. */
export function untranslated(source) {
  const found = [];
  const tell = (node, text) => found.push({ node, text: text.trim().replace(/\s+/g, ' ') });
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isTaggedTemplateExpression(node)) {
      if (/^(html|svg)$/.test(node.tag.getText(source))) for (const run of runsOf(node.template)) check(run, tell);
      if (ts.isTemplateExpression(node.template)) node.template.templateSpans.forEach((span) => visit(span.expression));
      return;
    }
    if (isTranslated(node, source)) return node.arguments.slice(1).forEach(visit);
    const text = literalText(node);
    if (
      text !== undefined &&
      prose.test(text) &&
      !names.has(text) &&
      !tags.has(text) &&
      !keys.has(text) &&
      !cssValue.test(text)
    )
      tell(node, text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** A run is what stands between two tags, or in one attribute: characters, and expressions among them. */
function check({ kind, name, items, node }, tell) {
  if (kind === 'attribute' && !spoken.test(name)) return;
  const text = items.map((item) => (typeof item === 'string' ? item : ' ')).join('');
  if (letters.test(text) && !names.has(text.trim())) tell(node, text);
  for (const item of items) if (typeof item !== 'string') checkBranches(item, tell);
}

/** Literals that an expression of a template may come to. */
function checkBranches(node, tell) {
  const text = literalText(node);
  if (text !== undefined) {
    if (letters.test(text) && !prose.test(text) && !names.has(text)) tell(node, text);
  } else if (ts.isConditionalExpression(node))
    [node.whenTrue, node.whenFalse].forEach((branch) => checkBranches(branch, tell));
  else if (ts.isParenthesizedExpression(node)) checkBranches(node.expression, tell);
  else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    checkBranches(node.right, tell);
}

function* runsOf(template) {
  let state = 'text';
  let [name, items] = ['', []];
  const run = (kind, node) => {
    const done = { kind, name, items, node };
    items = [];
    return done;
  };
  for (const { character, expression, next, node } of itemsOf(template)) {
    if (state === 'text' && character === '<') {
      yield run('text', node);
      [state, name] = ['tag', ''];
    } else if (state === 'tag') {
      if (character === '>') state = 'text';
      else if (character === '=' && next === '"') state = 'opening';
      else if (character === undefined) {
        items.push(expression);
        yield run('attribute', node);
      } else if (character !== '=') name = /[\w.@?:-]/.test(character) ? name + character : '';
    } else if (state === 'opening') state = 'attribute';
    else if (state === 'attribute' && character === '"') {
      yield run('attribute', node);
      [state, name] = ['tag', ''];
    } else items.push(character ?? expression);
  }
  yield run('text', template);
}

function itemsOf(template) {
  const parts = ts.isNoSubstitutionTemplateLiteral(template)
    ? [{ literal: template }]
    : [{ literal: template.head }, ...template.templateSpans];
  const items = parts.flatMap(({ literal, expression }) => [
    ...(expression === undefined ? [] : [{ expression, node: expression }]),
    ...[...literal.text].map((character) => ({ character, node: literal })),
  ]);
  return items.map((item, i) => ({ ...item, next: items[i + 1]?.character }));
}

const isTranslated = (node, source) => ts.isCallExpression(node) && node.expression.getText(source) === 'l10n.t';

function literalText(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node)
    ? [node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join('{}')
    : undefined;
}
