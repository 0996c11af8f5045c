/** What to say for each code of the service: what happened, and what to do next. */

const again = "Try it again in a moment.";
const smaller = "Save a smaller copy and add that.";
const tell = "Try it again; if it stays so, tell whoever runs the service.";
const reload = "Reload the page.";
const choose = "Choose it again.";
const add = "Add it again.";
const addPhoto = "Add the photo again.";
const connection = "Check your connection, then try again.";
const ask = "Tell whoever runs the service.";

/** Code -> sentences. */
export const ERRORS = {
  not_found: { what: "The file is not there any more.", next: choose },
  no_permission: { what: "The file may not be read.", next: "Check its permissions, or copy it elsewhere." },
  read_failed: {
    what: "The file was moved, changed or removed since you chose it.",
    next: choose,
  },
  empty: { what: "The file is empty.", next: "Copy it again from where it came from." },
  unsupported_format: {
    what: "This is no kind of picture that can be read here.",
    next: "Save it as JPEG, PNG or TIFF and add that.",
  },
  unsupported_variant: {
    what: "The format is known, but not in this form.",
    next: "Save it anew as JPEG, PNG or TIFF and add that.",
  },
  invalid_array: { what: "The picture holds values that are no colours.", next: "Save it anew as JPEG or PNG." },
  limit_file_size: { what: "The file is larger than the service takes.", next: smaller },
  limit_pixels: { what: "The picture has more pixels than the service takes.", next: smaller },
  limit_side: { what: "One side of the picture is longer than the service takes.", next: smaller },
  limit_aspect: { what: "The picture is too long and narrow.", next: "Crop it and add that." },
  limit_frames: { what: "The file holds too many pictures.", next: "Save one of them and add that." },
  limit_memory: { what: "Reading the picture would take too much memory.", next: smaller },
  truncated: {
    what: "The file ends before the picture does.",
    next: "Copy or download it again: the first time it did not come whole.",
  },
  corrupt: {
    what: "The file is damaged and cannot be read.",
    next: "Open it in a picture program and save it anew, or copy it again.",
  },
  timeout: { what: "The photo took too long to analyse.", next: smaller },
  memory: { what: "The photo needed too much memory.", next: smaller },
  crashed: { what: "Reading the photo failed badly.", next: "Save it anew as JPEG or PNG and add that." },
  unsupported_scheme: { what: "Addresses of this kind are not fetched.", next: "Give one that begins with https://." },
  analysis_failed: { what: "The analysis failed on this photo: a defect of ours.", next: tell },
  manifest_invalid: { what: "The archive is damaged, or protected by a password.", next: "Pack it anew without a password." },
  unknown_model: { what: "The service does not have the model that was asked for.", next: reload },
  unknown_analysis: { what: "The service does not have the analysis that was asked for.", next: reload },
  unknown_variant: { what: "The service does not have the variant that was asked for.", next: reload },
  missing_extra: {
    what: "This service cannot read the format: a part of it is not installed.",
    next: "Save the photo as JPEG, or ask whoever runs the service.",
  },
  request_invalid: { what: "The service did not understand the request.", next: "Check what you entered, or reload the page." },
  body_unsupported: { what: "The service does not take this kind of file.", next: "Save the photo as JPEG, PNG or TIFF." },
  route_unknown: { what: "The service does not know this request: it may be of another version than the page.", next: reload },
  method_unsupported: { what: "The service does not take this request: it may be of another version than the page.", next: reload },
  job_unknown: { what: "The service does not know this job any more.", next: addPhoto },
  batch_unknown: { what: "The service does not know this archive any more.", next: add },
  result_unknown: { what: "There is no such result; it may have been erased.", next: addPhoto },
  overlay_unknown: { what: "This drawing does not exist for this photo.", next: "Choose another one." },
  state_conflict: { what: "It has gone on in the meantime.", next: "Reload the page to see how it stands." },
  idempotency_conflict: { what: "The service took this for a request that it had already.", next: "Try it again." },
  picture_gone: {
    what: "The service does not keep the photo any more.",
    next: "Add it again to see drawings of it; the verdict stays.",
  },
  picture_damaged: { what: "The kept photo was changed and is not used.", next: add },
  cancelled: { what: "It was called off.", next: "Try it again if you want it after all." },
  attempts_exhausted: { what: "The service tried several times and got no answer.", next: tell },
  fetch_refused: {
    what: "This address may not be fetched by the service.",
    next: "Download the photo yourself and add the file.",
  },
  fetch_failed: {
    what: "The address gave no picture.",
    next: "Open it in a browser to see whether it is right, or add the file.",
  },
  fetch_timeout: { what: "The address took too long to answer.", next: "Try it again later, or add the file." },
  backlog_full: { what: "Too many photos wait at the service.", next: again },
  uploads_full: { what: "Too much is being sent to the service at this moment.", next: again },
  store_unavailable: { what: "The service cannot reach its database.", next: again },
  storage_full: { what: "The service has no room left for the photo.", next: "Tell whoever runs the service, then try again." },
  storage_unavailable: { what: "The service cannot reach the place for its photos.", next: again },
  draining: { what: "The service is being restarted.", next: again },
  unauthenticated: { what: "You are not signed in, or the key is not accepted.", next: "Sign in." },
  signature_invalid: { what: "The request was changed on its way.", next: "Sign in and try again." },
  forbidden: {
    what: "Your key does not allow this.",
    next: "Sign in with one that does, or ask whoever runs the service.",
  },
  origin_refused: {
    what: "The service is not to be used under this address.",
    next: "Open it under its own address, or ask whoever runs it.",
  },
  rate_limited: { what: "More was asked than is allowed for a while.", next: "Wait a minute, then try again." },
  request_timeout: { what: "The photo came too slowly.", next: connection },
  auth_unavailable: { what: "The service cannot check your key at this moment.", next: again },
  key_unknown: { what: "There is no such key.", next: "Ask whoever runs the service for another one." },
  subject_unknown: { what: "Nothing is stored under this name.", next: "Check how it is written." },
  tenant_unknown: { what: "There is no such account, or it is not yours.", next: "Sign in with another key." },
  master_key_missing: { what: "The kept photo cannot be decrypted.", next: ask },
  sandbox_missing: { what: "The service cannot read photos safely on its machine.", next: ask },
  service_unreachable: { what: "The service cannot be reached.", next: connection },
  internal: { what: "Something went wrong: a defect of ours.", next: tell },
};
