// The way in. A browser gives up what it is loading when an interface of its machine comes or goes, as with each container there;
// a page that lacks a part for that is loaded again.

import('./page.js').catch((error) => {
  document.getElementById('collector').textContent = `The page did not come whole, and is loaded again: ${error.message}`;
  setTimeout(() => location.reload(), 1000);
});
