/** `ablate show [WHAT]`: looks at a result, or finds where a file came from. */
import type { Command } from "../command.ts"
import { showWhat } from "../show/show.ts"

export const command: Command = {
  name: "show",
  usage: ["show [WHAT]"],
  description: `Shows what is in the store: a run (by name or tag, \`last\`, \`last~1\`), a stage or one instance of it, one output as STAGE.port, or anything by the beginning of its digest or key. Without WHAT, the newest run.

Of a value it tells type, shape and numbers, how it was made and by which run; where the terminal can (kitty, iTerm2, 24-bit colour), pictures are drawn.

A PNG, safetensors or JSON file that ablate has written carries its recipe: \`ablate show FILE\` reads it and finds the pipeline, stage and parameters again. -o writes such files.`,
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
    }
  ],
  examples: [
    { line: "ablate show", note: "the newest run and its results" },
    { line: "ablate show noisy", note: "one stage: recipe, numbers, pictures" },
    { line: "ablate show noisy.images -o noisy.png", note: "a picture with its recipe inside" },
    { line: "ablate show results/quickstart/noisy.png", note: "where a picture came from" }
  ],
  args: { min: 0, max: 1 },
  run: showWhat
}
