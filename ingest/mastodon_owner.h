// The author that an ActivityPub actor describes.
#pragma once

#include <string_view>

#include "ingest/json_tree.h"
#include "model/post.h"

namespace latecomer {

// From the actor's object. No author without an absolute `id`.
Author MastodonOwner(JsonValue actor);

// From the actor's id alone: "https://social.example/users/ana" is ana@social.example.
Author AuthorOfActorId(std::string_view id);

// The host of an http or https address, with its port, in lower case; "" for anything else.
std::string HostOfUrl(std::string_view url);

}  // namespace latecomer
