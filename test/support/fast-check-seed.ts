/**
 * Property tests try the same cases at each run, so that the gate judges the change and not the dice. `ABLATE_SEED=7 npx vitest
 * run …` tries others.
 */
import * as fc from "fast-check"

fc.configureGlobal({ seed: Number(process.env["ABLATE_SEED"] ?? 180) })
