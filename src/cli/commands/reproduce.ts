/** `ablate reproduce`: executes known stages again and compares the bits. */
import { type Command, pipelineFlags, selectionFlags } from "../command.ts"
import { jobsFlag } from "../run-flags.ts"

export const command: Command = {
  name: "reproduce",
  usage: ["reproduce [FILE] [STAGE...]"],
  description: `Executes stages again whose results are in the store, each with the inputs that are recorded, and compares what comes out with what is recorded, tensor by tensor. The store stays as it is.

Stages whose results are not known are left out: run the pipeline first. The exit code is 1 when something differs or fails.`,
  flags: [pipelineFlags, selectionFlags, { title: "Reproduce", flags: [jobsFlag] }],
  examples: [
    { line: "ablate reproduce quickstart", note: "all of it" },
    { line: "ablate reproduce quickstart --only samples", note: "one stage" }
  ],
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  run: async (context) => {
    const { reproducePipeline } = await import("../reproduce/reproduce.ts")
    return reproducePipeline(context)
  }
}
