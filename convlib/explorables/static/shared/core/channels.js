// Several channels: a kernel for each, and their sum.
import { clamp } from "./numbers.js";
import { randomTensors } from "./random.js";
import { conv2d } from "./windows.js";

// The numbers of the explorable "channels": input 3x5x5 from 0 to 4, weight 3x3x3x3 from -1 to 1.
export function channelTensors(seed) {
  const [input, weight] = randomTensors(seed, [[[3, 5, 5], 0, 4], [[3, 3, 3, 3], -1, 1]]);
  return { input, weight };
}

// One filter: what each channel gives by itself, and their sum with the bias.
export function filterChannels(input, kernels, bias = 0) {
  const partials = input.map((channel, c) => conv2d(channel, kernels[c]));
  const output = partials[0].map((row, r) =>
    row.map((_, c) => partials.reduce((sum, partial) => sum + partial[r][c], bias)));
  return { partials, output };
}

// How far each filter's sum has come after so many steps: 0 for not begun, c for c channels' parts,
// channels + 1 with the bias. The filters follow one another.
export function channelStages(step, channels, filters) {
  return Array.from({ length: filters }, (_, i) => clamp(step - i * (channels + 1), 0, channels + 1));
}

// A filter's map when its sum has come to this stage.
export function sumToStage(partials, bias, stage) {
  const added = partials.slice(0, stage), start = stage > partials.length ? bias : 0;
  return partials[0].map((row, r) => row.map((_, c) => added.reduce((sum, partial) => sum + partial[r][c], start)));
}
