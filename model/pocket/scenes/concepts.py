"""What icons mean: the words people ask for them with, and their files in three sets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Concept:
    """What an icon means: words for it, and its file in lucide, bootstrap and material symbols."""

    words: tuple[str, ...]
    files: tuple[str, str, str]


def _concepts(table: str) -> tuple[Concept, ...]:
    made = []
    for line in table.strip().splitlines():
        said, files = line.split("|")
        lucide, bootstrap, material = files.split()
        words = tuple(word.strip() for word in said.split(","))
        made.append(Concept(words, (lucide, bootstrap, material)))
    return tuple(made)


CONCEPTS = _concepts("""
search, find, magnifier, magnifying glass, look up | search search search
menu, hamburger menu, main menu, open menu, toggle navigation | menu list menu
close, dismiss, x, cross | x x-lg close
settings, gear, preferences, cog wheel, configuration | settings gear settings
home, start page, go home | house house home
account, profile, user, person, my account | user person person
notifications, bell | bell bell notifications
favorite, heart, like, add to favorites | heart heart favorite
star, rate | star star star
delete, trash, remove, bin, trash can | trash-2 trash delete
edit, pencil, rename, modify | pencil pencil edit
add, plus, new, create, add new | plus plus-lg add
minus, less, subtract | minus dash-lg remove
done, check mark, confirm, tick | check check-lg check
back, left arrow, go back | arrow-left arrow-left arrow_back
forward, right arrow | arrow-right arrow-right arrow_forward
download | download download download
upload | upload upload upload
share | share-2 share share
print, printer | printer printer print
mail, email, envelope, message | mail envelope mail
phone, call, telephone | phone telephone call
calendar, date | calendar calendar calendar_today
clock, time | clock clock schedule
camera, take photo | camera camera photo_camera
picture, image, photo | image image image
document, file, page | file file-earmark draft
folder, directory | folder folder folder
lock, secure | lock lock lock
show password, eye, view | eye eye visibility
link, chain | link link-45deg link
copy, duplicate | copy copy content_copy
cut, scissors | scissors scissors content_cut
paste, clipboard | clipboard-paste clipboard content_paste
undo | undo-2 arrow-counterclockwise undo
redo | redo-2 arrow-clockwise redo
refresh, reload, sync | refresh-cw arrow-repeat refresh
play | play play play_arrow
pause | pause pause pause
next track, skip forward | skip-forward skip-forward skip_next
previous track, skip back | skip-back skip-backward skip_previous
volume, speaker, sound | volume-2 volume-up volume_up
mute, sound off | volume-x volume-mute volume_off
microphone, voice | mic mic mic
location, map pin, place | map-pin geo-alt location_on
cart, basket, shopping cart, view cart | shopping-cart cart shopping_cart
filter, funnel | funnel funnel filter_alt
sort, order | arrow-up-down arrow-down-up swap_vert
list view, bulleted list | list list-ul list
grid view, grid, tiles | layout-grid grid grid_view
more, more options, three dots, horizontal dots | ellipsis three-dots more_horiz
help, question mark | circle-question-mark question-circle help
info, information, about | info info-circle info
warning, alert, caution | triangle-alert exclamation-triangle warning
log out, sign out, exit | log-out box-arrow-right logout
bookmark, save for later | bookmark bookmark bookmark
flag, report | flag flag flag
zoom in, enlarge | zoom-in zoom-in zoom_in
zoom out, shrink | zoom-out zoom-out zoom_out
save, floppy disk | save floppy save
send, paper plane | send send send
attach, paper clip | paperclip paperclip attach_file
light mode, sun, brightness | sun sun light_mode
dark mode, moon, night | moon moon dark_mode
expand, chevron down, show more | chevron-down chevron-down keyboard_arrow_down
chevron right, next | chevron-right chevron-right chevron_right
language, globe, world, change language | globe globe language
tag, label, price | tag tag sell
people, group, team, contacts | users people group
bold, bold text | bold type-bold format_bold
italic, italics, slanted text | italic type-italic format_italic
underline, underlined text | underline type-underline format_underlined
strikethrough, strike out | strikethrough type-strikethrough format_strikethrough
align left, left aligned | text-align-start text-left format_align_left
align center, centered text | text-align-center text-center format_align_center
align right, right aligned | text-align-end text-right format_align_right
numbered list, ordered list | list-ordered list-ol format_list_numbered
quote, quotation | quote quote format_quote
code, source code | code code-slash code
terminal, console, command line | terminal terminal terminal
chart, statistics, bar chart | chart-column bar-chart bar_chart
pie chart, shares | chart-pie pie-chart pie_chart
line chart, trend, growth | trending-up graph-up trending_up
wifi, wireless network | wifi wifi wifi
bluetooth | bluetooth bluetooth bluetooth
battery | battery battery battery_full
cloud | cloud cloud cloud
database | database database database
key, access key | key key key
shield, security, protection | shield shield shield
credit card, payment | credit-card credit-card credit_card
gift, present | gift gift redeem
truck, delivery, shipping | truck truck local_shipping
map | map map map
compass, explore | compass compass explore
music, song, note | music music-note music_note
film, movie, video | film film movie
headphones, headset | headphones headphones headphones
book, read, manual | book-open book menu_book
palette, colors | palette palette palette
crop | crop crop crop
full screen, enter full screen | maximize fullscreen fullscreen
exit full screen, leave full screen | minimize fullscreen-exit fullscreen_exit
external link, open in new tab, open in new window | external-link box-arrow-up-right open_in_new
sidebar, toggle sidebar, side panel | panel-left layout-sidebar side_navigation
table | table table table
chevron left, previous | chevron-left chevron-left chevron_left
collapse, chevron up, show less | chevron-up chevron-up keyboard_arrow_up
up, arrow up, move up | arrow-up arrow-up arrow_upward
down, arrow down, move down | arrow-down arrow-down arrow_downward
thumbs up, upvote | thumbs-up hand-thumbs-up thumb_up
thumbs down, downvote, dislike | thumbs-down hand-thumbs-down thumb_down
comment, chat, conversation | message-square chat chat_bubble
reply, answer | reply reply reply
archive | archive archive archive
inbox | inbox inbox inbox
at sign, mention | at-sign at alternate_email
hash, hashtag, number sign | hash hash tag
percent, discount | percent percent percent
calculator | calculator calculator calculate
light bulb, idea, tip | lightbulb lightbulb lightbulb
bug, debug | bug bug bug_report
wrench, tools, repair | wrench wrench build
power, shut down, turn off | power power power_settings_new
fingerprint | fingerprint fingerprint fingerprint
qr code, scan code | qr-code qr-code qr_code
barcode | scan-barcode upc-scan barcode_scanner
display, monitor | monitor display monitor
laptop, computer | laptop laptop laptop_mac
keyboard | keyboard keyboard keyboard
mouse | mouse mouse mouse
car | car car-front directions_car
plane, flight, airplane | plane airplane flight
train | train-front train-front train
bicycle, bike | bike bicycle pedal_bike
building, company, office | building building apartment
shop, store | store shop storefront
wallet | wallet wallet account_balance_wallet
briefcase, work, job | briefcase briefcase work
graduation cap, education, school | graduation-cap mortarboard school
trophy, award, prize | trophy trophy trophy
fire, flame, trending | flame fire local_fire_department
thermometer, temperature | thermometer thermometer device_thermostat
umbrella, rain | umbrella umbrella umbrella
snowflake, winter, cold | snowflake snow ac_unit
lightning, flash, bolt | zap lightning bolt
water drop, drop | droplet droplet water_drop
tree, nature, forest | tree-pine tree park
smile, emoji, smiley | smile emoji-smile sentiment_satisfied
frown, sad face | frown emoji-frown sentiment_dissatisfied
robot, bot, assistant | bot robot smart_toy
layers | layers layers layers
pin, push pin | pin pin keep
unlock, open lock | lock-open unlock lock_open
hide password, crossed-out eye | eye-off eye-slash visibility_off
add user, invite, new contact | user-plus person-plus person_add
stop | square stop stop
record, recording | circle-dot record-circle radio_button_checked
shuffle, random order | shuffle shuffle shuffle
repeat, loop | repeat repeat repeat
rewind | rewind rewind fast_rewind
fast forward | fast-forward fast-forward fast_forward
kebab menu, vertical dots, three vertical dots | ellipsis-vertical three-dots-vertical more_vert
sliders, adjust, controls | sliders-horizontal sliders tune
gauge, speed, dashboard | gauge speedometer speed
activity, pulse | activity activity vital_signs
""")
BY_WORD = {concept.words[0]: concept for concept in CONCEPTS}
