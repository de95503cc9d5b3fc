#include "qr/lettering.hpp"

#include <array>
#include <optional>
#include <string>

namespace qr {
namespace {

// Letters side by side, each in its own six columns.
struct Case {
    std::string_view letters;
    std::array<std::string_view, kLetterHeight> rows;
};

constexpr std::array<Case, 6> kTypeface{{
    {"ABCDEFGHIJKLM",
     {
         " ###  ####   ###  ####  ##### #####  ###  #   #  ###    ### #   # #     #   #",
         "#   # #   # #   # #   # #     #     #   # #   #   #      #  #  #  #     ## ##",
         "#   # #   # #     #   # #     #     #     #   #   #      #  # #   #     # # #",
         "##### ####  #     #   # ####  ####  # ### #####   #      #  ##    #     # # #",
         "#   # #   # #     #   # #     #     #   # #   #   #      #  # #   #     #   #",
         "#   # #   # #   # #   # #     #     #   # #   #   #   #  #  #  #  #     #   #",
         "#   # ####   ###  ####  ##### #      #### #   #  ###   ##   #   # ##### #   #",
         "                                                                             ",
         "                                                                             ",
     }},
    {"NOPQRSTUVWXYZ",
     {
         "#   #  ###  ####   ###  ####   #### ##### #   # #   # #   # #   # #   # #####",
         "#   # #   # #   # #   # #   # #       #   #   # #   # #   # #   # #   #     #",
         "##  # #   # #   # #   # #   # #       #   #   # #   # #   #  # #   # #     # ",
         "# # # #   # ####  #   # ####   ###    #   #   # #   # # # #   #     #     #  ",
         "#  ## #   # #     # # # # #       #   #   #   # #   # # # #  # #    #    #   ",
         "#   # #   # #     #  #  #  #      #   #   #   #  # #  ## ## #   #   #   #    ",
         "#   #  ###  #      ## # #   # ####    #    ###    #   #   # #   #   #   #####",
         "                                                                             ",
         "                                                                             ",
     }},
    {"abcdefghijklm",
     {
         "      #               #         ##        #       #      #  #      ##        ",
         "      #               #        #          #                 #       #        ",
         " ###  # ##   ###   ## #  ###   #     #### # ##   ##     ##  #  #    #   ## # ",
         "    # ##  # #     #  ## #   # ####  #   # ##  #   #      #  # #     #   # # #",
         " #### #   # #     #   # #####  #    #   # #   #   #      #  ##      #   # # #",
         "#   # #   # #   # #   # #      #    #   # #   #   #      #  # #     #   # # #",
         " #### ####   ###   ####  ###   #     #### #   #  ###     #  #  #   ###  # # #",
         "                                        #             #  #                   ",
         "                                     ###               ##                    ",
     }},
    {"nopqrstuvwxyz",
     {
         "                                     #                                       ",
         "                                     #                                       ",
         "# ##   ###  ####   #### # ##   #### ####  #   # #   # #   # #   # #   # #####",
         "##  # #   # #   # #   # ##  # #      #    #   # #   # #   #  # #  #   #    # ",
         "#   # #   # #   # #   # #      ###   #    #   # #   # # # #   #   #   #   #  ",
         "#   # #   # #   # #   # #         #  #  # #  ##  # #  # # #  # #  #   #  #   ",
         "#   #  ###  ####   #### #     ####    ##   ## #   #    # #  #   #  #### #####",
         "            #         #                                               #      ",
         "            #         #                                            ###       ",
     }},
    {"0123456789",
     {
         " ###    #    ###   ###     #  #####  ###  #####  ###   ### ",
         "#   #  ##   #   # #   #   ##  #     #         # #   # #   #",
         "#  ##   #       #     #  # #  ####  #        #  #   # #   #",
         "# # #   #      #    ##  #  #      # ####    #    ###   ####",
         "##  #   #     #       # #####     # #   #   #   #   #     #",
         "#   #   #    #    #   #    #  #   # #   #  #    #   #     #",
         " ###   ###  #####  ###     #   ###   ###   #     ###   ### ",
         "                                                           ",
         "                                                           ",
     }},
    {"-_./: ",
     {
         "                      #            ",
         "                      #  ##        ",
         "                     #   ##        ",
         "#####               #              ",
         "                   #     ##        ",
         "             ##   #      ##        ",
         "             ##   #                ",
         "      #####                        ",
         "                                   ",
     }},
}};

// Row and place of a letter in the typeface.
struct Place {
    const Case* letters;
    std::size_t column;
};

std::optional<Place> find(char c) {
    for (const Case& letters : kTypeface)
        if (const auto at = letters.letters.find(c); at != std::string_view::npos)
            return Place{&letters, at * kLetterPitch};
    return std::nullopt;
}

}  // namespace

Result<void> check_caption(std::string_view caption) {
    if (caption.empty() || caption.size() > kMaxCaption)
        return Problem{"caption", "caption must have from 1 to " + std::to_string(kMaxCaption) +
                                      " characters"};
    for (const char c : caption)
        if (!find(c))
            return Problem{"caption", "caption must be made of A-Z a-z 0-9 - _ . / : and space"};
    return {};
}

Grid letter(std::string_view caption) {
    Grid grid(lettering_width(caption.size()), kLetterHeight);
    for (std::size_t i = 0; i < caption.size(); ++i) {
        const auto place = find(caption[i]);
        if (!place) continue;
        for (std::size_t y = 0; y < kLetterHeight; ++y)
            for (std::size_t x = 0; x < kLetterWidth; ++x)
                if (place->letters->rows[y][place->column + x] == '#')
                    grid.set_dark(static_cast<int>(i) * kLetterPitch + static_cast<int>(x),
                                  static_cast<int>(y));
    }
    return grid;
}

}  // namespace qr
