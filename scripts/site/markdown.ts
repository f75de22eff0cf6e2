/** Markdown and code as HTML. */
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import typescript from 'highlight.js/lib/languages/typescript';
import { escapeHtml } from './page';

hljs.registerLanguage('ts', typescript);
hljs.registerLanguage('sh', bash);

/** Code with its words coloured. */
export function codeHtml(source: string, language: string): string {
  const coloured = hljs.getLanguage(language)
    ? hljs.highlight(source, { language }).value
    : escapeHtml(source);
  return `<pre class="code"><code>${coloured}</code></pre>`;
}

/** An id for a heading, as GitHub makes them. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/<[^>]*>|&[^;]*;|[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/**
 * @param link where a link or a picture leads, given where the text says so
 */
export async function markdownHtml(text: string, link: (to: string) => string = (to) => to): Promise<string> {
  const { Marked } = await import('marked');
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: plain }) {
        return `<h${depth} id="${slug(plain)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      code: ({ text: source, lang }) => `${codeHtml(source, lang ?? '')}\n`,
      link({ href, tokens }) {
        return `<a href="${escapeHtml(link(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
      image: ({ href, text: alt }) => `<img src="${escapeHtml(link(href))}" alt="${escapeHtml(alt)}">`,
    },
  });
  const html = marked.parse(text, { async: false });
  return html.replaceAll('<table>', '<div class="table"><table>').replaceAll('</table>', '</table></div>');
}
