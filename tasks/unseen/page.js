// Keep the last value of every field that is worked, by its page and its id, where the next page of
// the same site can still be asked for it.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.id) return;
  const kept = JSON.parse(localStorage.getItem("handrail-fields") || "{}");
  kept[`${location.pathname.split("/").pop()}#${field.id}`] =
    field.type === "checkbox" ? field.checked : field.value;
  localStorage.setItem("handrail-fields", JSON.stringify(kept));
}, true);
