/** `ablate diff A B`: what sets two runs, two stage instances or two values apart. */
import type { Command } from "../command.ts"
import { diffWhat } from "../diff/diff.ts"

export const command: Command = {
  name: "diff",
  usage: ["diff [A] [B] [STAGE...]"],
  description: `Compares two runs (\`last\`, \`last~1\`, a name or a tag), two stage instances, or two values (STAGE.port or a digest). Without arguments, the newest run with the one before it.

Of each stage that differs it says what it was made of (parameters, code, packages, inputs, files, engine) and how far the results are apart: images by largest difference, MSE and PSNR, tensors by largest difference and how many numbers differ, metrics and tables value by value.

The exit code is 0 when both are the same and 1 when they differ. -q prints nothing and compares digests only.`,
  flags: [],
  examples: [
    { line: "ablate diff", note: "what the newest run changed" },
    { line: "ablate diff brisk-otter-7 last noisy", note: "one stage in two runs" },
    { line: "ablate diff 'blur[kernel=3].images' 'blur[kernel=5].images'", note: "two results" }
  ],
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  run: diffWhat
}
