/** `ablate show [WHAT]`: looks at a result, or finds where a file came from. */
import { type Command, pipelineFlags } from "../command.ts"
import { UserError } from "../../base/user-error.ts"
import { showWhat } from "../show/show.ts"

export const command: Command = {
  name: "show",
  usage: ["show [WHAT]", "show --rates [FILE] [STAGE]"],
  description: `Shows what is in the store: a run (by name or tag, \`last\`, \`last~1\`), a stage or one instance of it, one output as STAGE.port, or anything by the beginning of its digest or key. Without WHAT, the newest run.

Of a value it tells type, shape and numbers, how it was made and by which run; where the terminal can (kitty, iTerm2, 24-bit colour), pictures are drawn.

A PNG, safetensors or JSON file that ablate has written carries its recipe: \`ablate show FILE\` reads it and finds the pipeline, stage and parameters again. -o writes such files.

--rates looks at a pipeline instead: every learning rate of its trainings, epoch by epoch and side by side for a matrix, before anything is trained.`,
  flags: [
    {
      title: "Show",
      flags: [
        {
          name: "run",
          short: "r",
          value: "RUN",
          summary: "look for stages in this run (default: the newest that has them)"
        },
        {
          name: "output",
          short: "o",
          value: "FILE",
          summary:
            "write the value as .png, .safetensors or .json; into DIR/ every value that is meant"
        }
      ]
    },
    {
      title: "Learning rates",
      flags: [{ name: "rates", summary: "print the learning rates of a pipeline's trainings" }]
    },
    pipelineFlags
  ],
  examples: [
    { line: "ablate show", note: "the newest run and its results" },
    { line: "ablate show noisy", note: "one stage: recipe, numbers, pictures" },
    { line: "ablate show noisy.images -o noisy.png", note: "a picture with its recipe inside" },
    { line: "ablate show results/lighthouse/lighthouse.png", note: "where a picture came from" },
    { line: "ablate show --rates lr-schedules", note: "each schedule's rates, epoch by epoch" }
  ],
  args: { min: 0, max: 2 },
  run: async (context) => {
    if (context.flags.has("rates")) return (await import("../rates/rates.ts")).showRates(context)
    if (context.args.length > 1) {
      throw new UserError(`show takes one thing to look at, but was given ${context.args.length}`, {
        hint: "`ablate show --rates FILE STAGE` takes two"
      })
    }
    return showWhat(context)
  }
}
