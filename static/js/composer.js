// The composer while typing; without any of it every button still works.
import "./composer/lines.js";
import "./composer/finding.js";
import "./composer/goodwill.js";
import "./composer/preview.js";
import "./composer/keeping.js";
import "./composer/photos.js";
import "./composer/words.js";
import "./composer/mistakes.js";
import "./composer/keys.js";
