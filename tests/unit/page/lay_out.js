// Lays out the workflows of a JSON file as Tidy does, and prints the places of their bricks.
import { readFileSync } from "node:fs";

import { layOut } from "../../../web/document/layout.js";
import { repair } from "../../../web/document/workflow.js";

const walls = JSON.parse(readFileSync(process.argv[2], "utf8"));
const placed = walls.map((wall) => Object.fromEntries(layOut(repair(wall)).bricks.map(({ id, column, row }) => [id, [column, row]])));
console.log(JSON.stringify(placed));
