// Asking for a credit on a phone: lines by tapping, photos on their way at once, and nothing
// lost. Without this script every field is there, and the server says what is wrong.
import "./asking/lines.js";
import "./asking/mending.js";
import { restore } from "./asking/keeping.js";
import { resume } from "./asking/photos.js";
import { offer } from "./asking/sending.js";

if (restore() === "send") offer();
resume();
