'use strict';
// Asks for the reviews fifty times, five at a time, and draws one dot for each answer in its version's colour.
const panel = document.querySelector('.versions');
const button = panel.querySelector('button');
const dots = panel.querySelector('.dots');
const tally = panel.querySelector('.tally');

async function ask(counts) {
  let version = 'error';
  try {
    const response = await fetch(`/api/books/${panel.dataset.book}/reviews`);
    if (response.ok) version = (await response.json()).version;
  } catch { /* an unreachable shop is an error dot */ }
  counts[version] = (counts[version] || 0) + 1;
  const dot = document.createElement('i');
  dot.className = version;
  dot.title = version;
  dots.append(dot);
  tally.textContent = Object.entries(counts).sort().map(([name, count]) => `${name}: ${count}`).join('   ');
}

button.addEventListener('click', async () => {
  button.disabled = true;
  dots.replaceChildren();
  const counts = {};
  for (let round = 0; round < 10; round++) await Promise.all([1, 2, 3, 4, 5].map(() => ask(counts)));
  button.disabled = false;
});
