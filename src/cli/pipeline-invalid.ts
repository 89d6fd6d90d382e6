/** A pipeline with problems: thrown where it is opened, rendered once, in `main.ts`. */
import type { Diagnostic } from "../language/diagnostic.ts"
import type { Source } from "../language/check.ts"

export class PipelineInvalid extends Error {
  override readonly name = "PipelineInvalid"
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** The texts that the diagnostics point into. */
  readonly sources: ReadonlyArray<Source>

  constructor(diagnostics: ReadonlyArray<Diagnostic>, sources: ReadonlyArray<Source>) {
    super("the pipeline has problems")
    this.diagnostics = diagnostics
    this.sources = sources
  }
}
