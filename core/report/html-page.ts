import { reportStyle } from './html-style.ts';
import { escaped } from './picture/svg.ts';

export interface HtmlPage {
  /** What the browser's tab says; the heading has its own words. */
  readonly title: string;
  readonly heading: string;
  /** Beyond the style that all reports have. */
  readonly style?: string;
  /** HTML, everything of the user's in it escaped. */
  readonly body: readonly string[];
}

/** One file that opens without a network, runs no code and loads nothing, as its policy says. */
export const htmlPage = ({ title, heading, style, body }: HtmlPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${reportStyle}${style === undefined ? '' : `\n${style}\n`}</style>
</head>
<body>
<main>
<h1>${escaped(heading)}</h1>
${body.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
