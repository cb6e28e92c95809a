// Where the places need more than the screen's width, the one where one is comes into sight.
const here = document.querySelector(".portal-places [aria-current]");
const row = here?.closest("ul");
if (row) row.scrollLeft = here.offsetLeft + here.offsetWidth - row.offsetLeft - row.clientWidth + 48;
