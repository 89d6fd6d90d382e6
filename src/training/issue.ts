/** Problems of parameters, as a stage's `check` gives them. */

export interface Issue {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  readonly hint?: string
}

/** The same problems of a parameter that is part of another. */
export const issuesBelow = (name: string, issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> =>
  issues.map((issue) => below(name, issue))

const below = (name: string, issue: Issue): Issue => ({ ...issue, path: [name, ...issue.path] })
