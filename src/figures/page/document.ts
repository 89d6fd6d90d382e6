/** The frame of a page: one file that asks for nothing from anywhere. */
import { escapeHtml } from "./html.ts"

export interface PageDocument {
  readonly title: string
  readonly style: string
  /** What stands in `main`, as HTML. */
  readonly body: string
  /** Script elements, behind the body. */
  readonly scripts: string
  /** Whether its programs make programs, as Vega does of expressions. */
  readonly evaluates?: boolean
}

export const documentOf = ({
  body,
  evaluates = false,
  scripts,
  style,
  title
}: PageDocument): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'${evaluates ? " 'unsafe-eval'" : ""}">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
${scripts}
</body>
</html>
`
